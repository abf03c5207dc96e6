// Copy buttons: [data-copy] copies the text of the element it names ("#id"), or of the code beside it.

async function copy(button) {
  const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : button.closest(".code")?.querySelector("code");
  if (!source) return;
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: "Copied", kind: "ok" } }));
  } catch {
    // Without permission (plain http) the text is at least selected, ready for Ctrl-C.
    getSelection().selectAllChildren(source);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: "Press Ctrl-C to copy" } }));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
});
