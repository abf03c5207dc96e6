// "Use this browser" under How you are reached: asks for permission, subscribes, and sends the subscription as a form.

const form = document.querySelector("[data-push-key]");

function bytes(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (letter) => letter.codePointAt(0));
}

function browserName() {
  const brands = navigator.userAgentData?.brands?.map((one) => one.brand).filter((name) => !/not/i.test(name)) ?? [];
  const name = brands.find((brand) => brand !== "Chromium") ?? brands[0] ?? /(Firefox|Safari)/.exec(navigator.userAgent)?.[0] ?? "";
  return [name, navigator.userAgentData?.platform].filter(Boolean).join(" on ");
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") {
    throw new Error("This browser may not show notifications. Allow them for this site in its settings, then try again.");
  }
  const registration = await navigator.serviceWorker.register(form.dataset.pushWorker);
  await navigator.serviceWorker.ready;
  const old = await registration.pushManager.getSubscription();
  await old?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(form.dataset.pushKey) });
}

async function use(button) {
  const says = form.querySelector("[data-push-says]");
  button.disabled = true;
  try {
    const { endpoint, keys } = (await subscribe()).toJSON();
    form.elements["method-address"].value = endpoint;
    form.elements["method-secret"].value = `${keys.p256dh}.${keys.auth}`;
    form.elements["method-label"].value ||= browserName();
    form.submit();
  } catch (error) {
    says.textContent = error instanceof Error ? error.message : "This browser could not subscribe.";
    button.disabled = false;
  }
}

if (form) {
  const says = form.querySelector("[data-push-says]");
  const button = form.querySelector("button");
  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
    button.disabled = false;
    says.textContent = "";
    button.addEventListener("click", () => use(button));
  } else {
    says.textContent = "This browser takes no push messages here. They need https, and on an iPhone the site on the home screen.";
  }
}
