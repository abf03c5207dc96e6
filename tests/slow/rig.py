"""A pager of real processes on the tests' own database, a mail server that counts, and ways to hurt them."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection
from django_q.conf import Conf
from django_q.models import OrmQ

from accounts.actor import Actor
from accounts.models import Team, User
from common import clock
from communications.models import Attempt, Delivery
from escalation import audit
from escalation.audit import Finding
from escalation.models import EscalationTimer, Page
from escalation.pager import heartbeats
from incidents import actions
from incidents.models import Incident
from tests import builders
from tests.support.smtp_sink import SmtpSink

ROOT = Path(__file__).parents[2]
MANAGE = str(ROOT / "manage.py")
SECRET = "one of the tests' secret keys, long enough for anybody"
# What the machine that runs the tests may add to every figure: it has other things to do.
PATIENCE = 90.0
KEY = "X-Allclear-Delivery"


class CountingSink(SmtpSink):
    """Takes its time over each mail, and knows how often each key came."""

    def __init__(self, delay: float = 0.0) -> None:
        self.delay = delay
        super().__init__()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.delay)
        return await super().handle_DATA(server, session, envelope)

    def __enter__(self) -> "CountingSink":
        super().__enter__()
        return self

    def receipts(self) -> Counter[str]:
        """Return how often each delivery arrived, by its key."""
        return Counter(str(mail.message[KEY]) for mail in self.mails())


@dataclass
class Keeper:
    """Starts a command again whenever it ends, as a service manager would."""

    command: list[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._start_once()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _start_once(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def _keep(self) -> None:
        while not self._stopping.wait(0.1):
            if self.process is not None and self.process.poll() is not None:
                self._start_once()

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 40) -> int:
        """End it for good; return its exit status."""
        self._stopping.set()
        if self._thread:
            self._thread.join()
        if self.process is None:
            return 0
        self.process.send_signal(number)
        return self.process.wait(seconds)


class Rig:
    """The database that both sides share, the mail server, and the processes under test."""

    def __init__(self, sink: CountingSink, folder: Path) -> None:
        self.sink = sink
        self.log = folder / "pager.log"
        self.began = clock.now()
        self.alice = builders.alice()
        self.team = self._people()

    def _people(self) -> Team:
        builders.matrix()
        calendar = builders.office_hours(is_default=True)
        people: dict[str, User] = {
            name: builders.person(name.capitalize()) for name in ("bob", "lee", "mia", "eve")
        }
        team = builders.team("Platform", people["bob"], calendar=calendar, is_default=True)
        for role, name in (
            ("on_call", "bob"),
            ("team_lead", "lee"),
            ("manager", "mia"),
            ("executive", "eve"),
        ):
            builders.fills(role, people[name], team)
        return team

    def environment(self, **extra: str) -> dict[str, str]:
        """Return what a process needs to work on the same database and mail server."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database_url(),
            # What this process signs its tasks with.
            "SECRET_KEY": Conf.SECRET_KEY,
            "EMAIL_HOST": self.sink.host,
            "EMAIL_PORT": str(self.sink.port),
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST_USER": "",
            "EMAIL_USE_TLS": "0",
            "EMAIL_USE_SSL": "0",
            "QUEUE_WORKERS": "2",
            "LOG_LEVEL": "WARNING",
            "DEBUG": "0",
            **extra,
        }

    def keeper(self, *command: str, **extra: str) -> Keeper:
        """Return a keeper of a management command."""
        return Keeper([sys.executable, MANAGE, *command], self.environment(**extra), self.log)

    @contextmanager
    def pager(self, **extra: str) -> Iterator[Keeper]:
        """Run the pager, kept alive, until the block ends."""
        keeper = self.keeper("runpager", "--grace", "10", **extra)
        keeper.start()
        try:
            until(self.is_alive, "the pager is up")
            yield keeper
        finally:
            keeper.stop()

    def is_alive(self) -> bool:
        """Return whether clock and queue have given signs of life just now."""
        now = clock.now()
        beats = [heartbeats.newest(kind) for kind in (heartbeats.CLOCK, heartbeats.QUEUE)]
        return all(beat and now - beat.beat_at < timedelta(seconds=3) for beat in beats)

    def run(self, *command: str, **extra: str) -> int:
        """Run a management command to its end and return its exit status."""
        return self._run([sys.executable, MANAGE, *command], extra)

    def act(self, deed: str, key: str, **extra: str) -> int:
        """Do one thing in a process of its own (see act.py) and return its exit status."""
        return self._run([sys.executable, "-m", "tests.slow.act", deed, key], extra)

    def _run(self, command: list[str], extra: dict[str, str]) -> int:
        # A process that does not end says where each of its threads is before it is killed.
        environment = self.environment(PYTHONFAULTHANDLER="1", **extra)
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            return process.wait(60)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            process.wait(10)
            said = self.log.read_text(errors="replace")[-6000:]
            raise AssertionError(f"{command[2:]} with {extra} did not end within a minute:\n{said}") from None

    @staticmethod
    def migrate(folder: Path) -> None:
        """Make the tables of the database that the tests' connection leads to."""
        environment = {**os.environ, "DATABASE_URL": database_url(), "DEBUG": "0"}
        with (folder / "migrate.log").open("wb") as log:
            subprocess.run(
                [sys.executable, MANAGE, "migrate"], env=environment, cwd=ROOT, stdout=log, check=True
            )

    def declare(self, count: int, *, spread: float = 0.0) -> list[Incident]:
        """Declare SEV-1 incidents; their three later roles come due one after the other within ``spread`` seconds."""
        by = Actor.of(self.alice)
        made = [actions.declare(by=by, title=f"Outage {n}", severity=1, team=self.team) for n in range(count)]
        for number, incident in enumerate(made):
            for step, role in enumerate(("team_lead", "manager", "executive")):
                share = (step + (number + 1) / count) / 3
                EscalationTimer.objects.filter(incident=incident, key=f"rule:{role}").update(
                    due_at=clock.now() + timedelta(seconds=1 + spread * share)
                )
        return made

    def has_looked_since(self, instant: datetime) -> bool:
        """Return whether clock and queue have done their rounds since an instant, and the queue is empty."""
        beats = [heartbeats.newest(kind) for kind in (heartbeats.CLOCK, heartbeats.QUEUE)]
        return all(beat and beat.beat_at > instant for beat in beats) and not OrmQ.objects.exists()

    def is_quiet(self) -> bool:
        """Return whether every role has been paged and every page has reached its end."""
        rules = EscalationTimer.objects.filter(kind="rule", state="armed")
        return not rules.exists() and not Delivery.objects.waiting().exists()

    def has_caught_up(self) -> bool:
        """Return whether nothing is overdue any more."""
        now = clock.now()
        due = EscalationTimer.objects.filter(state="armed", due_at__lte=now)
        return not due.exists() and not Delivery.objects.waiting().filter(due_at__lte=now).exists()

    def settle(self) -> None:
        """Wait until it is quiet."""
        until(self.is_quiet, "all pages are out")

    def faults(self, *, pages: int) -> list[str]:
        """Return what is wrong if exactly so many people are to be paged, each once, each mail arriving."""
        mails = Delivery.objects.filter(kind="page", transport="email")
        keys = set(mails.values_list("dedupe_key", flat=True))
        found = set(self.sink.receipts())
        counts = {"pages": Page.objects.count(), "deliveries": mails.count()}
        return [
            *(f"{count} {what} instead of {pages}" for what, count in counts.items() if count != pages),
            *(f"{mail.dedupe_key} is {mail.state}" for mail in mails.exclude(state="delivered")),
            *(f"{key} never arrived" for key in sorted(keys - found)),
            *(f"{key} arrived, and nobody knows it" for key in sorted(found - keys)),
        ]

    def forget(self) -> None:
        """Begin a new count."""
        Incident.objects.all().delete()
        self.sink.mails.clear()

    def audit(self) -> list[Finding]:
        """Return the invariants, those that need the mail server's own count included."""
        rows = [row for row in audit.findings(clock.now()) if row.key not in ("I4", "I5")]
        receipts = self.sink.receipts()
        tries: dict[str, int] = {}
        unknown: set[str] = set()
        for attempt in Attempt.objects.filter(delivery__transport="email").select_related("delivery"):
            key = attempt.delivery.dedupe_key
            tries[key] = tries.get(key, 0) + 1
            if attempt.outcome == Attempt.Outcome.STARTED:
                unknown.add(key)
        unproven = [key for key, count in receipts.items() if count > tries.get(key, 0)]
        doubled = [key for key, count in receipts.items() if count > 1 and key not in unknown]
        rows.append(
            Finding(
                "I4", "each receipt has an earlier attempt", len(receipts), len(unproven), tuple(unproven[:5])
            )
        )
        rows.append(
            Finding(
                "I5",
                "a second receipt only after an unknown outcome",
                len(receipts),
                len(doubled),
                tuple(doubled[:5]),
            )
        )
        return sorted(rows, key=lambda row: int(row.key[1:]))

    @property
    def is_busy(self) -> bool:
        """Whether this machine has so much else to do that its figures say little."""
        return os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)

    def lateness(self) -> list[float]:
        """Return by how many seconds each first attempt came after its page was due, in ascending order."""
        due = {f"page:{page.pk}": page.due_at for page in Page.objects.all()}
        tried = Delivery.objects.filter(kind="page", transport="email").exclude(first_attempt_at=None)
        return sorted(
            (row.first_attempt_at - due[row.topic]).total_seconds() for row in tried if row.first_attempt_at
        )


def database_url() -> str:
    """Return the address of the database that this test runs on."""
    options: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{options['NAME']}"
    return f"postgres://{options['USER']}:{options['PASSWORD']}@{options['HOST']}:{options['PORT']}/{options['NAME']}"


def until(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> float:
    """Wait until a condition holds, looking often; return how many seconds it took, fail after ``seconds``."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"after {seconds:g} s it is still not so that {what}")
        time.sleep(0.1)
    return time.monotonic() - start


def queue_processes(keeper: Keeper) -> set[int]:
    """Return the process numbers of the queue's workers and helpers; none while the pager is coming up."""
    try:
        found = processes(keeper.process.pid) if keeper.process else {}
        return {child.pid for child in found["sentinel"].children()} if "sentinel" in found else set()
    except psutil.NoSuchProcess:
        return set()


def processes(supervisor: int) -> dict[str, psutil.Process]:
    """Return the pager's processes by what they are; a fresh cluster starts its workers first, the pusher last."""
    found = {"supervisor": psutil.Process(supervisor)}
    names = {"allclear-clock": "clock", "allclear-queue": "main"}
    found |= {names[child.name()]: child for child in found["supervisor"].children() if child.name() in names}
    if "main" in found and (sentinels := found["main"].children()):
        found["sentinel"] = sentinels[0]
        team = sorted(sentinels[0].children(), key=lambda process: (process.create_time(), process.pid))
        order = [f"worker{n}" for n in range(1, len(team) - 1)] + ["monitor", "pusher"]
        found |= dict(zip(order, team, strict=False))
    return found
