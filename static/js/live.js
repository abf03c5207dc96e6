// Keeps a page live. <body data-live-url data-live-poll-url> name the stream and its fallback; without this file the
// page shows what was so when it was loaded, and says so.
//
// Anything may listen:   document.body.addEventListener("allclear:changed", ({ detail }) => detail.kinds)
// Any element may ask to be fetched again when something happened:
//   <section id="tasks" data-live-refresh="/url/" data-live-kinds="task_assigned task_done">   (no kinds: always)
// New entries go to [data-live-timeline], newest first.

const body = document.body;
const POLL_VISIBLE = 3000;
const POLL_HIDDEN = 60000;
const SILENCE = 40000; // two missed heartbeats: the line is dead, whatever the browser thinks

let source, pollTimer, last = "", heard = 0, failures = 0, ended = false;

// ---- The badge: "live", or for how long not ----

const badge = document.querySelector("[data-live-badge]");
const badgeText = badge?.querySelector("[data-live-text]") ?? badge;

function duration(ms) {
  const s = Math.max(1, Math.round(ms / 1000));
  return s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`;
}

function paint() {
  if (!badge) return;
  const silence = heard ? Date.now() - heard : 0;
  const connected = source?.readyState === 1 || (pollTimer && failures === 0);
  const state = ended ? "stale" : connected && silence < SILENCE ? "live" : heard ? "stale" : "connecting";
  const text = ended ? "not live: load the page again"
    : state === "live" ? "live"
    : state === "stale" ? `stale for ${duration(silence)}`
    : "connecting";
  // The text changes each second while stale; only a change of state is worth reading aloud.
  if (badge.dataset.state !== state) badge.dataset.state = state;
  if (badgeText.textContent !== text) badgeText.textContent = text;
}

function hear() {
  heard = Date.now();
  failures = 0;
  paint();
}

// ---- Timeline entries ----

function place(entry, arrived) {
  const template = document.createElement("template");
  template.innerHTML = entry.html.trim();
  const fresh = template.content.firstElementChild;
  if (!fresh) return;
  const old = document.getElementById(entry.id);
  if (old) {
    if (busy(old)) return;
    old.replaceWith(fresh);
  } else {
    const timeline = document.querySelector("[data-live-timeline]");
    // A correction of an entry that the page does not show is not an entry of its own.
    if (!timeline || entry.kind !== arrived || !wanted(timeline, entry.kind)) return;
    timeline.querySelector("[data-timeline-empty]")?.remove();
    timeline.prepend(fresh);
    fresh.classList.add("just-arrived");
  }
  window.htmx?.process(fresh);
}

function wanted(timeline, kind) {
  const kinds = timeline.dataset.liveKinds?.split(" ").filter(Boolean) ?? [];
  return !kinds.length || kinds.includes(kind);
}

// ---- Elements that are fetched again ----

const waiting = new Set();

// Somebody types in it, or has it open: what they wrote is worth more than the newest state.
function busy(element) {
  const active = document.activeElement;
  if (element.contains(active) && active.matches("input, textarea, select")) return true;
  if (element.querySelector("form[data-busy], dialog[open], details[open] form[method='post']")) return true;
  return [...element.querySelectorAll("textarea, input[type='text']")].some((field) => field.value !== field.defaultValue);
}

async function refresh(element) {
  if (!element.isConnected) return waiting.delete(element);
  if (busy(element)) return setTimeout(() => refresh(element), 2000);
  waiting.delete(element);
  try {
    const response = await fetch(element.dataset.liveRefresh, { headers: { "HX-Request": "true", "HX-Target": element.id } });
    if (!response.ok || response.redirected) return;
    const html = await response.text();
    if (!element.isConnected) return;
    if (busy(element)) return void schedule(element);
    swap(element, html);
  } catch {
    // The badge tells of the lost connection; the next event tries again.
  }
}

// Unfolded things stay unfolded and the focus stays where it is, as far as the new state still has them.
function swap(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const fresh = template.content.firstElementChild;
  if (!fresh) return;
  const focused = element.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...element.querySelectorAll("details[open][id]")].map((details) => details.id);
  if (fresh.id && fresh.id === element.id) element.replaceWith(fresh);
  else element.replaceChildren(...template.content.children);
  const root = fresh.isConnected ? fresh : element;
  for (const id of open) root.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  window.htmx?.process(root);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function schedule(element) {
  if (waiting.has(element)) return;
  waiting.add(element);
  setTimeout(() => refresh(element), 40 + Math.random() * 160);
}

function changed(kinds) {
  body.dispatchEvent(new CustomEvent("allclear:changed", { detail: { kinds } }));
  document.querySelectorAll("[data-live-refresh]").forEach((element) => {
    const listens = element.dataset.liveKinds?.split(" ").filter(Boolean) ?? [];
    if (!kinds.length || !listens.length || kinds.some((kind) => listens.includes(kind))) schedule(element);
  });
}

// ---- Messages, however they came ----

function take(event, data, id) {
  if (id) last = id;
  if (event === "reload") return reload();
  for (const entry of data.entries ?? []) place(entry, data.kind);
  changed(data.kinds ?? [data.kind]);
}

function reload() {
  if ([...document.querySelectorAll("textarea")].some((area) => area.value !== area.defaultValue)) {
    changed([]);
    return;
  }
  location.reload();
}

// ---- The stream ----

function withAfter(url) {
  if (!last) return url;
  const full = new URL(url, location.href);
  full.searchParams.set("after", last);
  return full.href;
}

function open() {
  close();
  if (ended || document.hidden) return;
  source = new EventSource(withAfter(body.dataset.liveUrl));
  source.addEventListener("open", hear);
  for (const name of ["entry", "changed", "reload"]) {
    source.addEventListener(name, (message) => {
      hear();
      take(name, JSON.parse(message.data), message.lastEventId);
    });
  }
  source.addEventListener("error", failed);
  paint();
}

function close() {
  source?.close();
  source = undefined;
  clearTimeout(pollTimer);
  pollTimer = undefined;
}

// A stream ends every ten minutes by design: the first failure is left to the browser, which comes back by itself.
function failed() {
  failures += 1;
  paint();
  if (failures < 2 && source?.readyState !== 2) return;
  source?.close();
  source = undefined;
  poll();
}

async function poll() {
  clearTimeout(pollTimer);
  try {
    const response = await fetch(withAfter(body.dataset.livePollUrl), { cache: "no-store" });
    if (response.status === 403 || response.status === 404) {
      ended = true;
      close();
      return paint();
    }
    if (!response.ok) throw new Error(response.status);
    hear();
    if (response.status === 200) for (const message of await response.json()) take(message.event, message, message.id);
    polls += 1;
    // Every minute or so the stream is tried again.
    if (polls % 20 === 0 && !document.hidden) return open();
  } catch {
    failures += 1;
    paint();
  }
  pollTimer = setTimeout(poll, document.hidden ? POLL_HIDDEN : POLL_VISIBLE + Math.random() * 500);
}
let polls = 0;

// Over HTTP/1.1 a browser has six connections for all its tabs: a hidden tab gives its own back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    close();
    pollTimer = setTimeout(poll, POLL_HIDDEN);
  } else {
    failures = 0;
    open();
  }
});
addEventListener("online", open);
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && open());

if (body.dataset.liveUrl) {
  open();
  setInterval(() => {
    // A line that went dead without saying so.
    if (source && heard && Date.now() - heard > SILENCE) failed();
    paint();
  }, 1000);
}

// ---- What we wrote ourselves ----

// The composer's answer brings the new entry along, so that it is there even where the stream is not.
document.addEventListener("htmx:load", ({ target }) => {
  target.querySelectorAll?.("template[data-live-entry]").forEach((template) => {
    place({ id: template.dataset.liveEntry, html: template.innerHTML, kind: template.dataset.kind }, template.dataset.kind);
    // The form was replaced before forms.js could forget its draft: the fresh one would be filled in with it again.
    const box = template.closest("form")?.querySelector("textarea");
    template.remove();
    if (!box) return;
    box.value = "";
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
});

// A refused form is shown again with what was wrong beside its field.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if ([400, 409].includes(detail.xhr.status)) {
    detail.shouldSwap = true;
    detail.isError = false;
  }
});
