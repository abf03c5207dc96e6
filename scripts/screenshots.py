"""Takes a picture of every page of the demo, small and large, light and dark.

    make screenshots                            # into test-results/screenshots/
    make screenshots ARGS="--only now incident" # some of them
    make screenshots ARGS="--into docs/screenshots --only now --views desk-light"

It runs a server of its own on a database of its own, without the pager: nothing moves while it looks. Pages
named "new-…" are those of an installation in which nothing has happened yet.
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
# As a browser without JavaScript and without checks of its own sends a form.
SEND = "form => HTMLFormElement.prototype.submit.call(form)"
RESPONDER = "alice@example.com"
ADMIN = "ada@example.com"
VIEWER = "vera@example.com"

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@dataclass(frozen=True)
class Shot:
    """A page: its name, its address, who looks (nobody if empty), and how it should answer.

    With ``send`` the form of that selector is sent as it stands, and what comes back is the picture. ``until`` is what
    a script has to have drawn first.
    """

    name: str
    path: str
    as_whom: str = RESPONDER
    status: int = 200
    send: str = ""
    until: str = ""


# {open} and {ended} are incidents of the demo; {token} opens the page behind the link in a mail, {used} one that was
# answered, {expired} one that is too old.
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
    Shot("on-call-week", "/on-call/?view=week&zone=schedule"),
    Shot("on-call-day", "/on-call/?view=day&zone=utc"),
    Shot("on-call-wrong", "/on-call/?view=year", status=400),
    Shot("on-call-override", "/on-call/platform/override/"),
    Shot("on-call-load", "/on-call/load/"),
    Shot("woken", "/on-call/woken/?severity=1&team=platform&at=2030-12-25T03:00&zone=Europe/London"),
    Shot(
        "woken-drill",
        "/on-call/woken/?severity=3&team=platform&at=2030-12-25T03:00&zone=Asia/Tokyo&is_drill=on",
    ),
    Shot("woken-gap", "/on-call/woken/?severity=1&at=2001-10-28T01:30&zone=Europe/London"),
    Shot(
        "woken-wrong",
        "/on-call/woken/?severity=7&at=tomorrow&zone=Mars/Crater&components=nonsense",
        status=400,
    ),
    Shot("woken-empty", "/on-call/woken/"),
    Shot("reviews", "/reviews/"),
    Shot("readiness", "/readiness/", as_whom=ADMIN),
    Shot("contacts", "/contacts/"),
    Shot("post-mortems", "/postmortems/"),
    Shot("notifications", "/me/notifications/"),
    Shot("profile", "/me/"),
    Shot("style-guide", "/styleguide/"),
    Shot("api", "/api/docs/", until=".opblock"),
    Shot("not-found", "/incidents/INC-999999/", status=404),
    Shot("log-in-refused", "/account/login/", as_whom="", send="main form"),
    Shot("password", "/account/password/change/"),
    Shot("password-forgotten", "/account/password/reset/", as_whom=""),
    Shot("log-out", "/account/logout/"),
    Shot("page-used", "/p/{used}/", as_whom=""),
    Shot("page-expired", "/p/{expired}/", as_whom="", status=410),
    Shot("page-foreign", "/p/nonsense/", as_whom="", status=404),
    Shot("not-allowed", "/incidents/declare/", as_whom=VIEWER, status=403),
    Shot("now-viewer", "/", as_whom=VIEWER),
    Shot("incident-viewer", "/incidents/{open}/", as_whom=VIEWER),
    Shot("incidents-none", "/incidents/?q=nothing+fits"),
    Shot("incidents-page-99", "/incidents/?page=99"),
    Shot("declare-refused", "/incidents/declare/", status=400, send="#declare"),
    Shot("report-refused", "/incidents/report/", status=400, send="#report"),
    Shot("monitoring", "/incidents/{open}/status/monitoring/"),
    Shot("monitoring-refused", "/incidents/{open}/status/monitoring/", status=409, send="#ask"),
    Shot("resolve", "/incidents/{open}/resolve/"),
    Shot("severity", "/incidents/{open}/severity/"),
    Shot("role", "/incidents/{open}/roles/commander/take/"),
    Shot("write", "/incidents/{open}/write/"),
    Shot("write-refused", "/incidents/{open}/write/", status=400, send="#composer"),
    Shot("merge", "/incidents/{open}/merge/"),
    Shot("reach", "/me/reach/?add=sms"),
    Shot("reach-refused", "/me/reach/?add=email", status=400, send="#add form.form"),
    Shot("admin", "/admin/", as_whom=ADMIN),
    Shot("admin-rules", "/admin/escalation/escalationrule/", as_whom=ADMIN),
]

# Of an installation without the demo; the first ones before anybody is there.
NEW_SHOTS = [
    Shot("new-setup", "/setup/", as_whom=""),
    Shot("new-setup-refused", "/setup/", as_whom="", status=400, send="main form"),
    Shot("new-now", "/", as_whom=ADMIN),
    Shot("new-incidents", "/incidents/", as_whom=ADMIN),
    Shot("new-declare", "/incidents/declare/", as_whom=ADMIN),
    Shot("new-on-call", "/on-call/", as_whom=ADMIN),
    Shot("new-notifications", "/me/notifications/", as_whom=ADMIN),
    Shot("new-readiness", "/readiness/", as_whom=ADMIN),
    Shot("new-reviews", "/reviews/", as_whom=ADMIN),
    Shot("new-post-mortems", "/postmortems/", as_whom=ADMIN),
    Shot("new-profile", "/me/", as_whom=ADMIN),
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
def serving(*, is_new: bool) -> Iterator[str]:
    """Serves a fresh demo, or an installation in which nothing has happened yet, and yields its address.

    This process's settings point at the same database.
    """
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
        prepare = [sys.executable, "manage.py", "prepare", *([] if is_new else ["--demo"])]
        subprocess.run(prepare, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
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


def set_up(address: str) -> Demo:
    """Makes the first admin of a new installation."""
    from accounts import actions
    from accounts.actor import SYSTEM

    actions.set_up(
        by=SYSTEM, name="Ada Byrne", email=ADMIN, password=secrets.token_hex(12), time_zone="Europe/London",
        team="Platform",
    )  # fmt: skip
    return Demo({}, {ADMIN: _cookie(ADMIN, address)})


def read_demo(address: str) -> Demo:
    """Returns what stands in the addresses, and the cookie of a session for each person who looks."""
    from django.core import signing

    from escalation.access import LINK_LIFE
    from escalation.engine.wording import SALT
    from escalation.models import Page
    from incidents.models import Incident, Status

    class TooOld(signing.TimestampSigner):
        def timestamp(self) -> str:
            return signing.b62_encode(int(time.time() - 2 * LINK_LIFE.total_seconds()))

    open_incident = Incident.objects.active().order_by("severity", "pk").first()
    ended = Incident.objects.filter(status__in=(Status.RESOLVED, Status.CLOSED)).order_by("-pk").first()
    page = Page.objects.filter(incident=open_incident, user__isnull=False).order_by("-pk").first()
    answered = (
        Page.objects.exclude(state=Page.State.OPEN).filter(user__is_active=True).order_by("-pk").first()
    )
    if open_incident is None or ended is None or page is None or answered is None:
        raise SystemExit("The demo has no open incident, no ended one, or no page to show.")
    references = {
        "open": open_incident.reference,
        "ended": ended.reference,
        "token": signing.TimestampSigner(salt=SALT).sign(str(page.pk)),
        "used": signing.TimestampSigner(salt=SALT).sign(str(answered.pk)),
        "expired": TooOld(salt=SALT).sign(str(page.pk)),
    }
    return Demo(references, {email: _cookie(email, address) for email in (RESPONDER, ADMIN, VIEWER)})


def _cookie(email: str, address: str) -> Any:
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email=email))
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": address}


def take(
    browser: Browser,
    address: str,
    facts: Demo,
    shots: list[Shot],
    views: list[str],
    into: Path,
    *,
    whole: bool,
) -> int:
    """Takes the pictures and returns how many pages did not answer as they should."""
    faults = 0
    for view in views:
        for shot in shots:
            with contextlib.closing(browser.new_context(**VIEWS[view])) as context:
                if shot.as_whom:
                    context.add_cookies([facts.cookies[shot.as_whom]])
                page = context.new_page()
                answer = page.goto(address + shot.path.format(**facts.references), wait_until="load")
                if shot.send:
                    with page.expect_navigation(wait_until="load") as sent:
                        page.locator(shot.send).first.evaluate(SEND)
                    answer = sent.value
                if shot.until:
                    page.locator(shot.until).first.wait_for()
                page.wait_for_timeout(SETTLE_MS)
                page.screenshot(path=into / f"{shot.name}-{view}.png", full_page=whole)
            if answer is None or answer.status != shot.status:
                print(f"{shot.path} answered {answer and answer.status}", file=sys.stderr)
                faults += 1
    return faults


def take_all(options: argparse.Namespace, *, is_new: bool) -> int:
    """Takes the pictures of a demo, or of a new installation; returns how many pages did not answer as they should."""
    import django

    shots = [shot for shot in (NEW_SHOTS if is_new else SHOTS) if shot.name in options.only]
    if not shots:
        return 0
    with serving(is_new=is_new) as address:
        # Playwright's event loop makes Django take our queries for calls from async code.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        django.setup()
        from playwright.sync_api import sync_playwright

        from scripts.chromium import ARGUMENTS, find_chromium

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
            whole, faults = not options.first_screen, 0
            if is_new:
                strangers = [shot for shot in shots if not shot.as_whom]
                faults = take(
                    browser, address, Demo({}, {}), strangers, options.views, options.into, whole=whole
                )
                shots = [shot for shot in shots if shot.as_whom]
            facts = set_up(address) if is_new else read_demo(address)
            faults += take(browser, address, facts, shots, options.views, options.into, whole=whole)
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description="Take pictures of the demo's pages.")
    names = [shot.name for shot in (*SHOTS, *NEW_SHOTS)]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="PAGE")
    parser.add_argument("--views", nargs="+", choices=VIEWS, default=list(VIEWS), metavar="VIEW")
    parser.add_argument("--into", type=Path, default=ROOT / "test-results" / "screenshots")
    parser.add_argument("--first-screen", action="store_true", help="only what shows without scrolling")
    parser.add_argument("--installation", choices=["demo", "new"], help="by default one after the other")
    options = parser.parse_args()
    from scripts.chromium import why_not

    if fault := why_not():
        print(f"There are no pictures: {fault}", file=sys.stderr)
        return 1
    options.into.mkdir(parents=True, exist_ok=True)
    if options.installation is None:
        # One process for each: settings are read once, and each has a database of its own.
        again = [sys.executable, "-m", "scripts.screenshots", *sys.argv[1:], "--installation"]
        codes = [subprocess.run([*again, name], cwd=ROOT, check=False).returncode for name in ("demo", "new")]
        print(f"{len(options.only) * len(options.views)} pictures in {options.into}")
        return max(codes)
    return 1 if take_all(options, is_new=options.installation == "new") else 0


if __name__ == "__main__":
    sys.exit(main())
