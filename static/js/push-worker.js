// The service worker of Web Push: shows what comes, and answers a page with one tap. It keeps nothing.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function read(event) {
  try {
    return event.data ? event.data.json() : {};
  } catch {
    return {};
  }
}

self.addEventListener("push", (event) => {
  const said = read(event);
  event.waitUntil(
    self.registration.showNotification(said.title || "Allclear", {
      body: said.body || "",
      tag: said.tag || "allclear",
      renotify: true,
      requireInteraction: Boolean(said.is_page),
      icon: "/static/img/logo.svg",
      data: said,
      actions: said.acknowledge ? [{ action: "acknowledge", title: "I have it" }] : [],
    }),
  );
});

// The link's token authorises: no cookie takes part. A redirect to the page is how a success looks.
async function acknowledge(said) {
  try {
    const answer = await fetch(said.acknowledge, { method: "POST", credentials: "omit", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.ok) {
      await self.registration.showNotification("You have it", { body: said.title, tag: said.tag, data: said });
      return;
    }
  } catch {
    // Without a connection, or refused: the page itself says what is the matter.
  }
  await open(said);
}

async function open(said) {
  const address = new URL(said.url || "/", self.location.origin).href;
  const windows = await self.clients.matchAll({ type: "window" });
  const there = windows.find((one) => one.url === address);
  await (there ? there.focus() : self.clients.openWindow(address));
}

self.addEventListener("notificationclick", (event) => {
  const said = event.notification.data || {};
  event.notification.close();
  event.waitUntil(event.action === "acknowledge" && said.acknowledge ? acknowledge(said) : open(said));
});
