// While the form is being filled in: who will be woken, open incidents that look alike, and the severity that the
// ticked symptoms propose. Without this file the "Propose" button and the preview's link do the same.

const form = document.getElementById("declare");
let timer, chosen = false, asked = 0;

function query() {
  const data = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (["title", "severity", "components", "symptoms"].includes(name)) data.append(name, value);
  }
  return data;
}

async function refresh() {
  if (!document.getElementById("declare-aside")) return;
  const mine = ++asked;
  const response = await fetch(`/incidents/declare/aside/?${query()}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const html = (await response.text()).trim();
  if (mine !== asked) return; // an answer to what the form said before must not stand beside what it says now
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.firstElementChild;
  document.getElementById("declare-aside").replaceWith(fresh);
  window.htmx?.process(fresh);
  propose(fresh.dataset.proposed);
}

// The symptoms decide only until a person has chosen a severity.
function propose(level) {
  if (chosen || !level) return;
  const radio = form.querySelector(`input[name="severity"][value="${level}"]`);
  if (radio && !radio.checked) {
    radio.checked = true;
    schedule(0);
  }
}

function schedule(wait) {
  clearTimeout(timer);
  timer = setTimeout(refresh, wait);
}

form?.addEventListener("change", (event) => {
  if (event.target.name === "severity") chosen = true;
  schedule(50);
});
form?.addEventListener("input", (event) => {
  if (event.target.name === "title") schedule(400);
});
