// The calendar of on-call: choose a span with mouse, finger or keys, and see what a change does before it is saved.
// Without this file each shift is a link to the same form as a page.

const DAY = 24;
const LONG_PRESS_MS = 450;
const calendar = document.querySelector("[data-calendar]");
const hint = document.querySelector("[data-calendar-hint]");
const dialog = document.getElementById("override");
const fragment = { headers: { "HX-Request": "true" }, credentials: "same-origin" };

// ---- Cells: hours of a day, quarters of a day in a week, days of a month; larger ones where fingers need them ----
function stepHours() {
  const isNarrow = calendar.clientWidth < 700;
  if (calendar.dataset.view === "day") return isNarrow ? 2 : 1;
  if (calendar.dataset.view === "week") return isNarrow ? DAY : 6;
  return DAY;
}

let step = DAY;
let chosen = null; // { track, from, to }: the cells at both ends, in the order in which they were chosen

function wallTime(hours) {
  const at = new Date(Date.parse(`${calendar.dataset.first}T00:00:00Z`) + hours * 3_600_000);
  return at.toISOString().slice(0, 16);
}

function words(hours) {
  const at = new Date(`${wallTime(hours)}Z`);
  return at.toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
}

function fill(track) {
  const count = (Number(calendar.dataset.days) * DAY) / step;
  const cells = document.createElement("div");
  cells.className = "calendar-cells";
  cells.setAttribute("role", "grid");
  cells.setAttribute("aria-label", `Choose a span of ${track.dataset.name}`);
  cells.setAttribute("aria-multiselectable", "true");
  const row = document.createElement("div");
  row.setAttribute("role", "row");
  for (let number = 0; number < count; number += 1) {
    const cell = document.createElement("div");
    cell.className = "calendar-cell";
    cell.setAttribute("role", "gridcell");
    cell.setAttribute("aria-selected", "false");
    cell.setAttribute("aria-label", `${words(number * step)} – ${words((number + 1) * step)}`);
    cell.tabIndex = -1;
    row.append(cell);
  }
  cells.append(row);
  track.append(cells);
}

const tracks = () => [...calendar.querySelectorAll("[data-track]")];
const cellsOf = (track) => [...track.querySelectorAll(".calendar-cell")];

function build() {
  step = stepHours();
  tracks().forEach((track) => {
    track.querySelector(".calendar-cells")?.remove();
    fill(track);
  });
  const first = tracks()[0];
  if (first) cellsOf(first)[0].tabIndex = 0;
}

function paint() {
  calendar.querySelectorAll(".calendar-cell[aria-selected='true']").forEach((cell) => cell.setAttribute("aria-selected", "false"));
  if (!chosen) return;
  const [low, high] = [Math.min(chosen.from, chosen.to), Math.max(chosen.from, chosen.to)];
  cellsOf(chosen.track).slice(low, high + 1).forEach((cell) => cell.setAttribute("aria-selected", "true"));
}

function say(text) {
  hint.textContent = text;
  hint.hidden = !text;
}

function clear() {
  chosen = null;
  paint();
  say("");
  delete calendar.dataset.choosing;
}

function cellAt(track, x) {
  const box = track.getBoundingClientRect();
  const count = cellsOf(track).length;
  return Math.max(0, Math.min(count - 1, Math.floor(((x - box.left) / box.width) * count)));
}

function openChosen() {
  const { track } = chosen;
  const [low, high] = [Math.min(chosen.from, chosen.to), Math.max(chosen.from, chosen.to)];
  const query = new URLSearchParams({
    start: wallTime(low * step), end: wallTime((high + 1) * step), zone: track.dataset.zone, back: calendar.dataset.back,
  });
  say("");
  openForm(`${track.dataset.url}?${query}`);
}

// ---- Mouse: drag. A click that does not move is a click on the shift below ----
let press = null; // { track, from, x, moved, pointer }

function listenToPointers() {
  calendar.addEventListener("pointerdown", (event) => {
    const track = event.target.closest("[data-track]");
    if (!track || event.button !== 0 || event.pointerType === "touch") return;
    press = { track, from: cellAt(track, event.clientX), x: event.clientX, moved: false };
  });
  addEventListener("pointermove", (event) => {
    if (!press || event.pointerType === "touch") return;
    if (Math.abs(event.clientX - press.x) > 4) press.moved = true;
    if (!press.moved) return;
    chosen = { track: press.track, from: press.from, to: cellAt(press.track, event.clientX) };
    paint();
  });
  addEventListener("pointerup", (event) => {
    const done = press;
    press = null;
    if (!done || event.pointerType === "touch" || !done.moved) return;
    openChosen();
    swallowNextClick();
  });
  calendar.addEventListener("dragstart", (event) => event.preventDefault());
  calendar.addEventListener("click", (event) => {
    const shift = event.target.closest("a.shift");
    if (shift && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      if (!touched) openForm(shift.href);
    } else if (!shift && !touched && event.target.closest("[data-track]")) {
      const track = event.target.closest("[data-track]");
      const cell = cellAt(track, event.clientX);
      chosen = { track, from: cell, to: cell };
      paint();
      openChosen();
    }
  });
}

function swallowNextClick() {
  const swallow = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }));
}

// ---- Finger: a long press and a drag, or a tap on the start and a tap on the end ----
let touched = false; // the click that follows a touch is not a mouse's
let finger = null; // { track, from, x, y, timer, isLong, moved }

function listenToTouch() {
  calendar.addEventListener("touchstart", (event) => {
    touched = true;
    const track = event.target.closest("[data-track]");
    if (!track || event.touches.length > 1) return endTouch();
    const { clientX, clientY } = event.touches[0];
    finger = { track, from: cellAt(track, clientX), x: clientX, y: clientY, isLong: false, moved: false };
    finger.timer = setTimeout(() => {
      if (!finger) return;
      finger.isLong = true;
      calendar.dataset.choosing = "true";
      chosen = { track, from: finger.from, to: finger.from };
      paint();
      navigator.vibrate?.(15);
    }, LONG_PRESS_MS);
    return undefined;
  }, { passive: true });
  calendar.addEventListener("touchmove", (event) => {
    if (!finger) return;
    const { clientX, clientY } = event.touches[0];
    if (!finger.isLong) {
      if (Math.hypot(clientX - finger.x, clientY - finger.y) > 10) endTouch(); // the page is being scrolled
      return;
    }
    event.preventDefault();
    chosen = { track: finger.track, from: finger.from, to: cellAt(finger.track, clientX) };
    paint();
  }, { passive: false });
  calendar.addEventListener("touchend", (event) => {
    const done = finger;
    endTouch();
    if (!done) return;
    event.preventDefault(); // no click follows
    if (done.isLong) openChosen();
    else tap(done);
  });
  calendar.addEventListener("touchcancel", endTouch);
  calendar.addEventListener("contextmenu", (event) => {
    if (touched) event.preventDefault();
  });
}

function endTouch() {
  clearTimeout(finger?.timer);
  finger = null;
  delete calendar.dataset.choosing;
  setTimeout(() => { touched = false; }, 400);
}

function tap({ track, from }) {
  if (chosen?.track === track && !hint.hidden) {
    chosen = { track, from: chosen.from, to: from };
    paint();
    openChosen();
    return;
  }
  chosen = { track, from, to: from };
  paint();
  say(`${track.dataset.name} from ${words(from * step)}. Now tap the end.`);
}

// ---- Keys: arrows walk, Shift and arrows extend, Enter opens, Escape lets go ----
const WALK = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function listenToKeys() {
  calendar.addEventListener("keydown", (event) => {
    const cell = event.target.closest(".calendar-cell");
    if (!cell) return;
    const track = cell.closest("[data-track]");
    const at = cellsOf(track).indexOf(cell);
    if (event.key === "Enter" || event.key === " ") {
      if (!chosen || chosen.track !== track) chosen = { track, from: at, to: at };
      paint();
      openChosen();
    } else if (event.key === "Escape") clear();
    else if (event.key === "Home") walk(track, 0, event.shiftKey, at);
    else if (event.key === "End") walk(track, cellsOf(track).length - 1, event.shiftKey, at);
    else if (WALK[event.key]) {
      const [down, right] = WALK[event.key];
      const all = tracks();
      const lane = all[Math.max(0, Math.min(all.length - 1, all.indexOf(track) + (event.shiftKey ? 0 : down)))];
      walk(lane, at + right, event.shiftKey, at);
    } else return;
    event.preventDefault();
  });
}

function walk(track, to, extends_, from) {
  const cells = cellsOf(track);
  const target = cells[Math.max(0, Math.min(cells.length - 1, to))];
  calendar.querySelectorAll(".calendar-cell[tabindex='0']").forEach((cell) => { cell.tabIndex = -1; });
  target.tabIndex = 0;
  target.focus();
  const place = cells.indexOf(target);
  if (extends_) chosen = { track, from: chosen?.track === track ? chosen.from : from, to: place };
  else chosen = null;
  paint();
  if (chosen) say(`${words(Math.min(chosen.from, chosen.to) * step)} – ${words((Math.max(chosen.from, chosen.to) + 1) * step)}. Enter opens the form.`);
  else say("");
}

// ---- The form in its dialog ----
function failed() {
  const text = "No connection: nothing was saved. What you typed is kept.";
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "danger" } }));
}

async function openForm(address) {
  const into = dialog.querySelector("[data-override-form]");
  try {
    const answer = await fetch(address, fragment);
    if (!answer.ok || answer.redirected) return location.assign(address);
    into.innerHTML = await answer.text();
  } catch {
    return failed();
  }
  dialog.showModal();
  into.querySelector("select, input:not([type='hidden'])")?.focus();
  showPreview(into.querySelector("[data-override]"));
  return undefined;
}

async function send(form, submitter) {
  try {
    const body = new FormData(form, submitter);
    const answer = await fetch(form.action, { ...fragment, method: "POST", body });
    const next = answer.headers.get("HX-Redirect");
    if (next) return location.assign(next) || location.reload();
    const into = form.closest("[data-override-form]");
    into.innerHTML = await answer.text();
    into.querySelector("[aria-invalid='true'], .field-error, .banner")?.scrollIntoView({ block: "nearest" });
  } catch {
    delete form.dataset.busy;
    form.querySelectorAll("[aria-busy='true']").forEach((button) => button.removeAttribute("aria-busy"));
    failed();
  }
  return undefined;
}

let waiting = 0;
let asked = 0;
async function showPreview(form) {
  const into = form?.querySelector("[data-preview-into]");
  const complete = form && [...form.querySelectorAll("[name='user'], [name='starts_at'], [name='ends_at']")].every((field) => field.value);
  if (!into || !complete) return;
  asked += 1;
  const mine = asked;
  try {
    const answer = await fetch(form.dataset.preview, { ...fragment, method: "POST", body: new FormData(form) });
    if (mine === asked && answer.status < 500) into.innerHTML = await answer.text();
  } catch {
    into.textContent = "";
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-override]");
  if (!form) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => showPreview(form), 250);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.closest("[data-override-form]") || !form.matches("[data-override], .override-take-back")) return;
  event.preventDefault();
  send(form, event.submitter);
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]") && event.target.closest("dialog")) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
});

if (calendar) {
  build();
  listenToPointers();
  listenToTouch();
  listenToKeys();
  dialog?.addEventListener("close", clear);
  addEventListener("resize", () => {
    if (stepHours() !== step) build();
  });
}
