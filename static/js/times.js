// Keeps relative times, countdowns and elapsed times moving, on the server's clock. The words are those of
// common/instants.py. The rest of the page works without this file: times then stand as they were rendered.

const meta = document.querySelector('meta[name="server-now"]');
const offset = meta ? Date.parse(meta.content) - Date.now() : 0;
const MINUTE = 60, HOUR = 3600, DAY = 86400;

export const serverNow = () => Date.now() + offset;

export function duration(seconds) {
  seconds = Math.abs(Math.trunc(seconds));
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  const [large, small, names] = seconds < DAY
    ? [Math.floor(seconds / HOUR), Math.floor((seconds % HOUR) / MINUTE), ["h", "min"]]
    : [Math.floor(seconds / DAY), Math.floor((seconds % DAY) / HOUR), ["d", "h"]];
  return small ? `${large} ${names[0]} ${small} ${names[1]}` : `${large} ${names[0]}`;
}

export function relative(seconds) {
  const size = Math.abs(Math.trunc(seconds));
  if (size < 10) return "just now";
  if (size >= 14 * DAY) return null; // a date, as the server wrote it
  const text = size < MINUTE ? `${size} s`
    : size < HOUR ? `${Math.floor(size / MINUTE)} min`
    : size < DAY ? `${Math.floor(size / HOUR)} h`
    : `${Math.floor(size / DAY)} d`;
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

export function countdown(left) {
  const size = Math.abs(Math.trunc(left));
  const pad = (number) => String(number).padStart(2, "0");
  const text = size < HOUR ? `${pad(Math.floor(size / MINUTE))}:${pad(size % MINUTE)}` : duration(size);
  return left >= 0 ? `in ${text}` : `overdue by ${text}`;
}

const write = (element, text) => {
  if (text !== null && element.textContent !== text) element.textContent = text;
};
const ageOf = (element, now) => (now - Date.parse(element.dateTime)) / 1000;

function tickCountdown(clock, now) {
  const time = clock.querySelector("time");
  if (!time) return;
  const left = -ageOf(time, now);
  const state = left < 0 ? "overdue" : left <= Number(clock.dataset.countdown) ? "soon" : "running";
  if (clock.dataset.state !== state) clock.dataset.state = state;
  write(time, countdown(left));
}

function tickWallClock(element, now) {
  const date = new Date(now);
  const zone = document.documentElement.dataset.timeZone;
  const format = (timeZone) => date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
  const utc = `${format("UTC")} UTC`;
  if (element.dataset.now === "UTC") return write(element, utc);
  if (zone) write(element, `${format(zone)} ${element.dataset.now} · ${utc}`);
}

function tick() {
  const now = serverNow();
  document.querySelectorAll("time[data-relative]").forEach((time) => write(time, relative(ageOf(time, now))));
  document.querySelectorAll("time[data-elapsed]").forEach((time) => write(time, duration(Math.max(0, ageOf(time, now)))));
  document.querySelectorAll("[data-countdown]").forEach((clock) => tickCountdown(clock, now));
  document.querySelectorAll("time[data-now]").forEach((time) => tickWallClock(time, now));
}

let timer;
function beat() {
  tick();
  timer = setTimeout(beat, 1000 - (serverNow() % 1000));
}
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) beat();
});
document.addEventListener("htmx:afterSettle", tick);
beat();

// A finger cannot hover: a tap on a time shows the exact instant.
let tooltip;
function hideTooltip() {
  tooltip?.remove();
  tooltip = null;
}
document.addEventListener("pointerup", (event) => {
  hideTooltip();
  const time = event.target.closest?.("time[title]");
  if (!time || event.pointerType === "mouse") return;
  tooltip = document.createElement("div");
  tooltip.className = "tooltip";
  tooltip.setAttribute("role", "status");
  tooltip.textContent = time.title;
  document.body.append(tooltip);
  const place = time.getBoundingClientRect();
  const left = Math.min(place.left, innerWidth - tooltip.offsetWidth - 16);
  tooltip.style.left = `${Math.max(16, left)}px`;
  tooltip.style.top = `${place.bottom + 6}px`;
});
document.addEventListener("scroll", hideTooltip, { passive: true });
