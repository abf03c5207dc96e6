// Swagger UI goes dark by a class on <html>: set it where the chosen theme, or else the device, asks for it.
const dark = matchMedia("(prefers-color-scheme: dark)");

function dress() {
  const theme = document.documentElement.dataset.theme;
  document.documentElement.classList.toggle("dark-mode", theme ? theme === "dark" : dark.matches);
}

dark.addEventListener("change", dress);
dress();
