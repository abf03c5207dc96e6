// Dialogs: <a href="/the/page/" data-dialog="id"> opens <dialog id>; without this file the link opens the page.
// Menus and the sheet of the tab bar are <details>: they close on Esc and on a press outside.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
    return;
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  else if (event.target.tagName === "DIALOG") event.target.close(); // the backdrop
  closeMenus(event.target);
});

function closeMenus(target) {
  document.querySelectorAll(":is(.menu, .tabbar-more)[open]").forEach((menu) => {
    if (!menu.contains(target)) menu.open = false;
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector(":is(.menu, .tabbar-more)[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
