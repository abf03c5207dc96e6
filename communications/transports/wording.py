"""How a message is cut to what a channel can carry. Its link is never cut."""

from communications.models import Delivery
from communications.transports.base import Outgoing


def button(outgoing: Outgoing) -> str:
    """Return what stands on the button that leads to the message's page."""
    return "Acknowledge" if outgoing.kind == Delivery.Kind.PAGE else "Open Allclear"


def is_page(outgoing: Outgoing) -> bool:
    """Return whether somebody is to be woken by it."""
    return outgoing.kind == Delivery.Kind.PAGE


def cut(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` characters, with "…" where something is missing."""
    return text if len(text) <= limit else f"{text[: max(limit - 1, 0)].rstrip()}…"


def cut_bytes(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` bytes of UTF-8, no letter halved."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return text
    return encoded[: limit - 3].decode("utf-8", "ignore").rstrip() + "…"


def with_link(outgoing: Outgoing, limit: int) -> str:
    """Return subject, text and link in at most ``limit`` characters."""
    link = f"\n\n{outgoing.url}" if outgoing.url else ""
    return cut(f"{outgoing.subject}\n\n{outgoing.text}", limit - len(link)) + link


def short(outgoing: Outgoing, limit: int) -> str:
    """Return one line and the link: what a small screen shows without scrolling."""
    link = f"\n{outgoing.url}" if outgoing.url else ""
    line = outgoing.subject if outgoing.kind != Delivery.Kind.CODE else outgoing.text.partition("\n")[0]
    return cut(line, limit - len(link)) + link
