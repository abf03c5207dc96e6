// Forms: a second tap does nothing; what was typed is never lost.
// Drafts live in sessionStorage under the form's address and the field's name. They are cleared when the form was
// accepted (htmx: a successful answer; otherwise: the next page does not show the form again with errors) and on log-out.
// Kept are all text areas, and in a form[data-draft] the text inputs too.

const PREFIX = "draft:";
// getAttribute, since a field named "action" or "method" hides the form's own property.
const pathOf = (form) => new URL(form.getAttribute("action") || location.href, location.href).pathname;
const isPost = (form) => form?.getAttribute("method")?.toLowerCase() === "post";
const keyOf = (field) => `${PREFIX}${pathOf(field.form)}:${field.name}`;
const keeps = (field) => field.matches?.("textarea, form[data-draft] input[type='text']") && isPost(field.form) && field.name;

// ---- Drafts ----
document.addEventListener("input", ({ target }) => {
  if (!keeps(target)) return;
  if (target.value) sessionStorage.setItem(keyOf(target), target.value);
  else sessionStorage.removeItem(keyOf(target));
});

function restore(root) {
  root.querySelectorAll?.("textarea, form[data-draft] input[type='text']").forEach((field) => {
    const draft = keeps(field) && sessionStorage.getItem(keyOf(field));
    if (draft && !field.value) field.value = draft;
  });
}

function forget(form) {
  for (const field of form.elements) if (keeps(field)) sessionStorage.removeItem(keyOf(field));
}

// A plain form went through if the page it led to does not show it again with errors.
const SENT = "sent-form";
function settleLastForm() {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (!sent) return;
  const again = [...document.forms].some((form) => pathOf(form) === sent && form.querySelector("[aria-invalid='true'], .field-error"));
  if (again || document.querySelector("[data-error-page]")) return;
  Object.keys(sessionStorage).filter((key) => key.startsWith(`${PREFIX}${sent}:`)).forEach((key) => sessionStorage.removeItem(key));
}

// ---- Double taps ----
function busy(form, submitter) {
  form.dataset.busy = "true";
  const button = submitter ?? form.querySelector("[type='submit']");
  button?.setAttribute("aria-busy", "true");
}

function idle(form) {
  delete form.dataset.busy;
  form.querySelectorAll("[aria-busy='true']").forEach((button) => button.removeAttribute("aria-busy"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!isPost(form)) return;
  if (form.dataset.busy) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (form.hasAttribute("data-forget-drafts")) sessionStorage.clear();
  if (form.hasAttribute("hx-post")) return; // htmx tells when it begins and ends
  sessionStorage.setItem(SENT, pathOf(form));
  // After this turn, so that the pressed button's name and value still travel with the form.
  setTimeout(() => busy(form, event.submitter));
}, true);

document.addEventListener("htmx:beforeRequest", ({ target, detail }) => {
  if (target.tagName === "FORM") busy(target, detail.requestConfig?.triggeringEvent?.submitter);
});
// Before the answer replaces the form: the new one must not find the draft of what was just sent.
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  if (detail.elt.tagName === "FORM" && detail.xhr.status < 400) forget(detail.elt);
});
document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (target.tagName !== "FORM") return;
  idle(target);
  if (detail.successful && target.hasAttribute("data-reset")) target.reset();
});
document.addEventListener("htmx:sendError", () => {
  const text = "No connection: nothing was sent. What you typed is kept.";
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "danger" } }));
});
document.addEventListener("htmx:responseError", ({ detail }) => {
  if (detail.xhr.getResponseHeader("HX-Trigger")?.includes("toast")) return; // the answer says itself what happened
  const text = detail.xhr.status === 409 ? "Somebody was faster: look at what changed." : `That did not work (${detail.xhr.status}). What you typed is kept.`;
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "danger" } }));
});

// Back from the browser's history: buttons are alive again.
addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.forms) idle(form);
});
document.addEventListener("htmx:load", ({ target }) => restore(target));

settleLastForm();
restore(document);

// Ctrl-Enter sends what is being written.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) event.target.form?.requestSubmit();
});
