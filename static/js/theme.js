// The theme: as the system, light, dark, kept in a cookie so that the server renders it and nothing flashes.

const NAMES = { "": "Theme: system", light: "Theme: light", dark: "Theme: dark" };
const NEXT = { "": "dark", dark: "light", light: "" };
const root = document.documentElement;

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-switch]")) return;
  const theme = NEXT[root.dataset.theme ?? ""];
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax${secure}`;
  document.querySelectorAll("[data-theme-name]").forEach((name) => (name.textContent = NAMES[theme]));
});
