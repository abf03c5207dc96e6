// Keyboard shortcuts. The links with [data-shortcut-key="g n"] are the list, so a page adds its own by adding a link;
// "/" , "?", j and k are here. Nothing happens while somebody types, or with Ctrl, Alt or Meta.

const typing = (element) => element.closest?.("input:not([type='checkbox'], [type='radio'], [type='submit']), textarea, select, [contenteditable='true']");
const visible = (element) => element.offsetParent !== null;
let first = "";
let firstAt = 0;

function move(step) {
  const items = [...document.querySelectorAll("[data-list] [data-item], .rows > .row-link, .table tbody tr:has(a)")].filter(visible);
  if (!items.length) return;
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const next = items[Math.max(0, Math.min(items.length - 1, at < 0 ? 0 : at + step))];
  items.forEach((item) => item.removeAttribute("data-selected"));
  next.dataset.selected = "true";
  (next.matches("a") ? next : next.querySelector("a"))?.focus();
  next.scrollIntoView({ block: "nearest" });
}

const ACTIONS = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => {
    const box = [...document.querySelectorAll("[data-shortcut='search']")].find(visible);
    box?.focus();
    box?.select();
  },
  "?": () => {
    const help = document.getElementById("shortcuts");
    if (help?.open) help.close();
    else help?.showModal();
  },
};

function act(key) {
  if (ACTIONS[key]) {
    ACTIONS[key]();
    return true;
  }
  const link = document.querySelector(`[data-shortcut-key="${CSS.escape(key)}"], [data-shortcut-key="${key.replace(/["\\]/g, "")}"]`);
  if (!link || !(link.href || link.tagName === "BUTTON")) return false;
  link.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape") {
    if (typing(event.target)) event.target.blur();
    return;
  }
  if (event.key.length !== 1 || typing(event.target)) return;
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  const pair = event.timeStamp - firstAt < 1000 && first ? `${first} ${event.key}` : "";
  first = event.key;
  firstAt = event.timeStamp;
  if ((pair && act(pair)) || act(event.key)) {
    first = "";
    event.preventDefault();
  }
});
