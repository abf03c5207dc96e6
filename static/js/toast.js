// Toasts: a "toast" event, from our own scripts or from a response's HX-Trigger header:
//   {"toast": {"text": "Role taken", "kind": "ok", "undo": "/incidents/INC-42/roles/undo/"}}
// "undo" is posted to. A toast stays while the pointer or the focus is on it.

const LASTS = 6000;
const region = document.getElementById("toasts");

function button(label, action) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button button-quiet button-small";
  element.textContent = label;
  element.addEventListener("click", action);
  return element;
}

function postTo(url) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
  return fetch(url, { method: "POST", headers }).then(() => location.reload());
}

function show({ text, kind = "", undo = "" }) {
  if (!region || !text) return;
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.dataset.kind = kind;
  toast.append(Object.assign(document.createElement("span"), { textContent: text }));
  if (undo) toast.append(button("Undo", () => postTo(undo)));
  toast.append(button("Close", () => toast.remove()));
  region.append(toast);
  leaveLater(toast, undo ? LASTS * 2 : LASTS);
}

function leaveLater(toast, after) {
  setTimeout(() => {
    if (toast.matches(":hover, :focus-within")) leaveLater(toast, 1500);
    else toast.remove();
  }, after);
}

document.addEventListener("toast", (event) => show(event.detail));
