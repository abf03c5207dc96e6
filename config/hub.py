"""The hub behind the live streams: one thread per process reads what is new, once for everybody who watches.

It runs only while somebody watches, on a database connection of its own, so that a thousand open pages cost four small
queries a second and no worker. Streams live on the event loop; they and the hub meet at bounded queues.
"""

import asyncio
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from accounts.models import User
from incidents import live, timeline
from incidents.models import Event, Incident

logger = logging.getLogger(__name__)

INTERVAL = 0.25  # seconds between two looks at the database
PAUSE = 0.02  # at least this long between two, however many people arrive
RECHECK = 5.0  # seconds after which everybody's right to look is read again, if nothing happened before
QUEUE = 100  # messages a slow reader may lag behind; then it is dropped and comes back with Last-Event-ID
REPLAY = 200  # entries that are replayed; who missed more is told to load the page again


@dataclass(frozen=True, slots=True)
class Message:
    """What a page is told. ``id`` goes into Last-Event-ID; an empty ``event`` ends the stream."""

    event: str
    id: str = ""
    data: dict[str, Any] = field(default_factory=dict)


END = Message("")


class Subscriber:
    """One open page. The hub's thread offers messages; the stream on the event loop takes them."""

    def __init__(self, ticket: live.Ticket, after: str) -> None:
        self.ticket = ticket
        self.after = after
        self.zone = ZoneInfo("UTC")
        self.seen = 0
        self.is_admitted = False
        self.is_answered = False
        self.loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[Message] = asyncio.Queue(QUEUE)
        self.admission: asyncio.Future[bool] = self.loop.create_future()
        self.is_full = False

    def offer(self, message: Message) -> None:
        """Hand over a message from the hub's thread; never waits."""
        self._call(self._put, message)

    def answer(self) -> None:
        """Tell the waiting stream whether it may begin."""
        self.is_answered = True
        self._call(self._settle, self.is_admitted)

    def _call(self, function: Any, argument: Any) -> None:
        try:
            self.loop.call_soon_threadsafe(function, argument)
        except RuntimeError:  # the loop has closed: the server is going down
            logger.debug("live.loop_closed")

    def _settle(self, is_admitted: bool) -> None:
        if not self.admission.done():
            self.admission.set_result(is_admitted)

    def _put(self, message: Message) -> None:
        if self.queue.full():
            self.is_full = (
                True  # a gap would be a lie: the stream ends, and the browser asks for what it missed
            )
            return
        self.queue.put_nowait(message)


class Hub:
    """Keeps the subscribers and the thread. One instance per process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._subscribers: set[Subscriber] = set()
        self._now: dict[int, int] | None = None
        self._checked = 0.0

    def join(self, ticket: live.Ticket, after: str) -> Subscriber:
        """Return a new subscriber; its ``admission`` is answered by the thread. Call on the event loop."""
        subscriber = Subscriber(ticket, after)
        with self._lock:
            self._subscribers.add(subscriber)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live-hub", daemon=True)
                self._thread.start()
        self._wake.set()
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a subscriber; the thread ends with the last one."""
        with self._lock:
            self._subscribers.discard(subscriber)

    def __len__(self) -> int:
        return len(self._subscribers)

    @property
    def is_running(self) -> bool:
        """Whether the thread is there: it is while somebody watches."""
        return self._thread is not None

    # --- the thread ---

    def _run(self) -> None:
        try:
            while self._anybody():
                try:
                    self._look()
                except Exception:
                    logger.exception("live.hub_failed")
                    connection.close()  # a broken connection is replaced by the next look
                    time.sleep(1)
                time.sleep(PAUSE)
                self._wake.wait(INTERVAL - PAUSE)
                self._wake.clear()
        finally:
            connection.close()

    def _anybody(self) -> bool:
        with self._lock:
            if self._subscribers:
                return True
            self._thread = None
            self._now = None
            return False

    def _look(self) -> None:
        """Admit who is new, then tell everybody what has happened since the last look."""
        with self._lock:
            subscribers = list(self._subscribers)
        states = self._states({s.ticket.incident for s in subscribers if s.ticket.incident})
        changed = [s for s in subscribers if s.is_admitted and self._is_behind(s, states)]
        newcomers = [s for s in subscribers if not s.is_answered]
        if time.monotonic() - self._checked > RECHECK:
            self._checked, checked = time.monotonic(), subscribers
        else:
            checked = [*changed, *newcomers]
        self._check_rights(checked)
        for newcomer in newcomers:
            self._welcome(newcomer, states)
        self._tell_watchers([s for s in subscribers if s.is_admitted and s.ticket.incident], states)
        self._tell_now([s for s in subscribers if s.is_admitted and not s.ticket.incident])
        # Last, so that whoever only polls finds what it missed in the queue.
        for newcomer in newcomers:
            newcomer.answer()

    def _states(self, watched: set[int]) -> dict[int, int]:
        """Return the newest entry's number of each watched incident and of each that Now is about: one query."""
        about_now = Q(status__in=live.UNFINISHED)
        rows = Incident.objects.filter(about_now | Q(pk__in=watched)).order_by()
        found = list(rows.values_list("pk", "event_sequence", "status"))
        self._latest = {pk: number for pk, number, status in found if status in live.UNFINISHED}
        return {pk: number for pk, number, _ in found}

    @staticmethod
    def _is_behind(subscriber: Subscriber, states: dict[int, int]) -> bool:
        incident = subscriber.ticket.incident
        return incident is None or states.get(incident, 0) > subscriber.seen

    def _check_rights(self, subscribers: Iterable[Subscriber]) -> None:
        """Admit, and end the stream of whoever may no longer look (membership, visibility, password, account)."""
        subscribers = list(subscribers)
        if not subscribers:
            return
        users = User.objects.in_bulk({s.ticket.user for s in subscribers})
        incidents = {s.ticket.incident for s in subscribers if s.ticket.incident}
        public = set(Incident.objects.filter(pk__in=incidents, is_private=False).values_list("pk", flat=True))
        for subscriber in subscribers:
            ticket, user = subscriber.ticket, users.get(subscriber.ticket.user)
            allowed = live.is_valid_for(ticket, user) and (
                ticket.incident is None or ticket.incident in public or _may_see(user, ticket.incident)
            )
            if not allowed and subscriber.is_admitted:
                subscriber.offer(END)
            subscriber.is_admitted = allowed
            subscriber.zone = user.zone if user else subscriber.zone

    def _welcome(self, subscriber: Subscriber, states: dict[int, int]) -> None:
        """Remember what the page has already, so that it is told the rest."""
        if subscriber.ticket.incident:
            latest = states.get(subscriber.ticket.incident, 0)
            after = int(subscriber.after) if subscriber.after.isdecimal() else latest
            subscriber.seen = min(after, latest)
        else:
            state = live.fingerprint(self._latest)
            if subscriber.after and subscriber.after != state:
                subscriber.offer(Message("changed", state, {"kinds": []}))

    def _tell_watchers(self, subscribers: list[Subscriber], states: dict[int, int]) -> None:
        behind: dict[int, list[Subscriber]] = defaultdict(list)
        for subscriber in subscribers:
            if self._is_behind(subscriber, states):
                behind[subscriber.ticket.incident or 0].append(subscriber)
        for incident, watchers in behind.items():
            try:
                self._tell(incident, watchers)
            except Exception:  # one entry that cannot be shown must not silence the others
                logger.exception("live.entry_failed", extra={"incident": incident})
                _reload(watchers, states[incident])

    @staticmethod
    def _tell(incident: int, watchers: list[Subscriber]) -> None:
        """Send what each has missed; every entry is rendered once for each time zone."""
        events = timeline.after(incident, min(s.seen for s in watchers), REPLAY + 1)
        if len(events) > REPLAY:
            _reload(watchers, events[-1].sequence)
            return
        for event in events:
            rendered: dict[ZoneInfo, Message] = {}
            for subscriber in watchers:
                if event.sequence > subscriber.seen:
                    if subscriber.zone not in rendered:
                        rendered[subscriber.zone] = _entry(event, subscriber.zone)
                    subscriber.offer(rendered[subscriber.zone])
                    subscriber.seen = event.sequence

    def _tell_now(self, subscribers: list[Subscriber]) -> None:
        before, self._now = self._now, self._latest
        if before is None or before == self._latest or not subscribers:
            return
        changed = {pk for pk, n in self._latest.items() if before.get(pk) != n} | (
            before.keys() - self._latest
        )
        kinds: dict[int, set[str]] = defaultdict(set)
        private = set(Incident.objects.filter(pk__in=changed, is_private=True).values_list("pk", flat=True))
        for pk in changed:
            events = Event.objects.filter(incident=pk, sequence__gt=before.get(pk, 0)).order_by("sequence")
            kinds[pk] = set(events.values_list("kind", flat=True)[:REPLAY])
        state = live.fingerprint(self._latest)
        users = User.objects.in_bulk({s.ticket.user for s in subscribers}) if private else {}
        for subscriber in subscribers:
            hidden = {pk for pk in private if not _may_see(users.get(subscriber.ticket.user), pk)}
            if seen := changed - hidden:
                told = sorted(set().union(*(kinds[pk] for pk in seen)))
                subscriber.offer(Message("changed", state, {"kinds": told}))


def _may_see(user: User | None, incident: int) -> bool:
    return user is not None and Incident.objects.visible_to(user).filter(pk=incident).exists()


def _reload(watchers: list[Subscriber], sequence: int) -> None:
    """Tell pages to load themselves again instead of catching up."""
    for subscriber in watchers:
        subscriber.seen = sequence
        subscriber.offer(Message("reload", str(sequence)))


def _entry(event: Event, zone: ZoneInfo) -> Message:
    entries = [
        {"id": f"event-{shown.sequence}", "html": timeline.render_entry(shown, zone), "kind": shown.kind}
        for shown in timeline.to_render(event)
    ]
    return Message("entry", str(event.sequence), {"kind": event.kind, "entries": entries})


hub = Hub()
