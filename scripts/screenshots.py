"""Takes a picture of every page of the demo, small and large, light and dark.

    make screenshots                            # into test-results/screenshots/
    make screenshots ARGS="--only now incident" # some of them
    make screenshots ARGS="--into docs/screenshots --only now --views desk-light"

It runs a server of its own on a database of its own, without the pager: nothing moves while it looks.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 20
# Long enough for the panels that come after the page, and for the live stream to open.
SETTLE_MS = 700
RESPONDER = "alice@example.com"
ADMIN = "ada@example.com"

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@dataclass(frozen=True)
class Shot:
    """A page: its name, its address, who looks (nobody if empty), and how it should answer."""

    name: str
    path: str
    as_whom: str = RESPONDER
    status: int = 200


# {open} and {ended} are incidents of the demo; {token} opens the page behind the link in a mail.
SHOTS = [
    Shot("log-in", "/account/login/", as_whom=""),
    Shot("now", "/"),
    Shot("incidents", "/incidents/"),
    Shot("declare", "/incidents/declare/"),
    Shot("report", "/incidents/report/"),
    Shot("incident", "/incidents/{open}/"),
    Shot("incident-ended", "/incidents/{ended}/"),
    Shot("update", "/incidents/{open}/updates/"),
    Shot("page", "/p/{token}/", as_whom=""),
    Shot("on-call", "/on-call/"),
    Shot("reviews", "/reviews/"),
    Shot("post-mortems", "/postmortems/"),
    Shot("notifications", "/me/notifications/"),
    Shot("profile", "/me/"),
    Shot("style-guide", "/styleguide/"),
    Shot("api", "/api/docs/"),
    Shot("not-found", "/incidents/INC-999999/", status=404),
    Shot("admin", "/admin/", as_whom=ADMIN),
    Shot("admin-rules", "/admin/escalation/escalationrule/", as_whom=ADMIN),
]

VIEWS: dict[str, dict[str, Any]] = {
    f"{size}-{theme}": {"viewport": {"width": width, "height": height}, "color_scheme": theme}
    for size, width, height in (("phone", 390, 844), ("desk", 1280, 900))
    for theme in ("light", "dark")
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def demo() -> Iterator[str]:
    """Serves a fresh demo and yields its address; this process's settings point at the same database."""
    with tempfile.TemporaryDirectory(prefix="allclear-screenshots-") as folder:
        address = f"http://127.0.0.1:{free_port()}"
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
            "DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "LOG_LEVEL": "ERROR",
            "SECRET_KEY": secrets.token_hex(32),
            "SITE_URL": address,
        }
        subprocess.run([sys.executable, "manage.py", "prepare", "--demo"], cwd=ROOT, check=True)
        port = address.rpartition(":")[2]
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", port]
        server = subprocess.Popen(
            [*command, "--log-level", "error", "--timeout-graceful-shutdown", "1"], cwd=ROOT
        )
        try:
            _wait_for(address)
            yield address
        finally:
            server.terminate()
            server.wait()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/account/login/", timeout=5).close()  # noqa: S310 - our own address
            return
        time.sleep(0.1)
    raise SystemExit(f"The server did not answer on {address} within {START_SECONDS} s.")


@dataclass(frozen=True)
class Demo:
    """What the pictures need from the demo's database."""

    references: dict[str, str]
    cookies: dict[str, Any]


def read_demo(address: str) -> Demo:
    """Returns what stands in the addresses, and the cookie of a session for each person who looks."""
    import django

    django.setup()
    from django.core.signing import TimestampSigner

    from escalation.engine.wording import SALT
    from escalation.models import Page
    from incidents.models import Incident, Status

    open_incident = Incident.objects.active().order_by("severity", "pk").first()
    ended = Incident.objects.filter(status__in=(Status.RESOLVED, Status.CLOSED)).order_by("-pk").first()
    page = Page.objects.filter(incident=open_incident, user__isnull=False).order_by("-pk").first()
    if open_incident is None or ended is None or page is None:
        raise SystemExit("The demo has no open incident, no ended one, or no page to show.")
    references = {
        "open": open_incident.reference,
        "ended": ended.reference,
        "token": TimestampSigner(salt=SALT).sign(str(page.pk)),
    }
    return Demo(references, {email: _cookie(email, address) for email in (RESPONDER, ADMIN)})


def _cookie(email: str, address: str) -> Any:
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email=email))
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": address}


def take(
    browser: Browser, address: str, shots: list[Shot], views: list[str], into: Path, *, whole: bool = True
) -> int:
    """Takes the pictures and returns how many pages did not answer as they should."""
    facts = read_demo(address)
    faults = 0
    for view in views:
        for shot in shots:
            with contextlib.closing(browser.new_context(**VIEWS[view])) as context:
                if shot.as_whom:
                    context.add_cookies([facts.cookies[shot.as_whom]])
                page = context.new_page()
                answer = page.goto(address + shot.path.format(**facts.references), wait_until="load")
                page.wait_for_timeout(SETTLE_MS)
                page.screenshot(path=into / f"{shot.name}-{view}.png", full_page=whole)
            if answer is None or answer.status != shot.status:
                print(f"{shot.path} answered {answer and answer.status}", file=sys.stderr)
                faults += 1
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Take pictures of the demo's pages.")
    names = [shot.name for shot in SHOTS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="PAGE")
    parser.add_argument("--views", nargs="+", choices=VIEWS, default=list(VIEWS), metavar="VIEW")
    parser.add_argument("--into", type=Path, default=ROOT / "test-results" / "screenshots")
    parser.add_argument("--first-screen", action="store_true", help="only what shows without scrolling")
    options = parser.parse_args()
    from scripts.chromium import ARGUMENTS, find_chromium, why_not

    if fault := why_not():
        print(f"There are no pictures: {fault}", file=sys.stderr)
        return 1
    options.into.mkdir(parents=True, exist_ok=True)
    shots = [shot for shot in SHOTS if shot.name in options.only]
    with demo() as address:
        # Playwright's event loop makes Django take our queries for calls from async code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
            faults = take(
                browser, address, shots, options.views, options.into, whole=not options.first_screen
            )
    print(f"{len(shots) * len(options.views)} pictures in {options.into}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
