"""Writing the ledger: rows in, and out again when nobody wants them any more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django_q.tasks import async_task

from accounts import reach
from accounts.models import ContactMethod, Urgency, User
from accounts.reach import Turn
from common import clock
from common.text import clean, clean_line
from communications.models import Delivery
from incidents.models import Incident, Responder, Severity

# What was handed to the queue and not claimed within this time is delivered by the clock's own process.
HANDOVER = timedelta(seconds=3)
# How long a delivery is tried again, counted from its first attempt.
PATIENCE = timedelta(minutes=30)
MAX_SUBJECT, MAX_TEXT = 200, 20_000
# A batch has to be done well within the queue's own time limit.
BATCH = 40


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody gets. ``path`` is where it leads within Allclear, e.g. "/incidents/INC-42/".

    With ``sign=(salt, value)`` the "{token}" in ``path`` becomes a freshly signed token when the message is sent: no
    usable token is at rest in the ledger. With ``code`` (the key of a ``ContactCode``) "{code}" in ``text`` becomes its
    digits likewise.
    """

    subject: str
    text: str
    html: str = ""
    path: str = ""
    sign: tuple[str, str] | None = None
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one person, with what it is about and the key under which it is in the ledger once."""

    user: User
    message: Message
    topic: str
    dedupe_key: str


def enqueue(
    *,
    kind: str,
    topic: str,
    dedupe_key: str,
    user: User,
    message: Message,
    incident: Incident | None = None,
    due_at: datetime | None = None,
    now: datetime,
    in_app_only: bool = False,
    may_wait: bool = True,
) -> list[Delivery]:
    """Write the in-application delivery of a person, and one for each contact method by their rules; return them.

    The rules are those for its urgency (``accounts.reach``); ``may_wait`` is false for what quiet hours do not hold.
    What is already in the ledger under the same key is left as it is. Due ones are handed to the queue in the same
    transaction. In a drill, who does not take part gets a row that says "would have been sent".
    """
    due_at = due_at or now
    letter = Letter(user, message, topic, dedupe_key)
    found = [Way(Delivery.IN_APP)]
    if not in_app_only:
        severity = incident.severity if incident else None
        found = ways([user], kind=kind, severity=severity, may_wait=may_wait)[user.pk]
    return _write(_rows(kind, letter, found, incident, due_at=due_at, now=now), now)


@dataclass(frozen=True, slots=True)
class Way:
    """One way on which a message goes out, and how many minutes after it is due: "email", 3.

    Of a method's ``address`` the ledger keeps what everybody may see: sending reads the method.
    """

    transport: str
    delay_minutes: int = 0
    method: ContactMethod | None = None
    address: str = ""
    turn: Turn | None = None

    def at(self, due_at: datetime) -> datetime:
        """Return when it goes out for something due then (UTC): after its minutes, and not in quiet hours."""
        return self.turn.at(due_at) if self.turn else due_at

    @property
    def words(self) -> str:
        """Return the way as people say it: "mail", "SMS", "Allclear"."""
        return (
            "Allclear" if self.transport == Delivery.IN_APP else str(Delivery.Transport(self.transport).label)
        )


def ways(
    users: Sequence[User],
    *,
    kind: str = Delivery.Kind.PAGE,
    severity: int | None = None,
    may_wait: bool = True,
    methods: Mapping[int, Sequence[ContactMethod]] | None = None,
) -> dict[int, list[Way]]:
    """Return how a message reaches each person, by id and in the order of their rules, with one query for all.

    ``methods`` saves the query to who has asked ``reach.usable_by_person`` before.
    """
    methods = reach.usable_by_person(users) if methods is None else methods
    found = {}
    for user in users:
        turns = _turns(user, methods.get(user.pk, []), kind, severity, may_wait)
        found[user.pk] = [Way(Delivery.IN_APP), *(_way(user, turn) for turn in turns)]
    return found


def _turns(
    user: User, methods: Sequence[ContactMethod], kind: str, severity: int | None, may_wait: bool
) -> list[Turn]:
    """Return the turns of a person's methods. What concerns SEV-1 or SEV-2 is never held, whatever kind it is."""
    is_grave = severity is not None and severity <= Severity.SEV2
    urgent = kind == Delivery.Kind.PAGE and (is_grave or severity is None)
    urgency = Urgency.HIGH if urgent else Urgency.LOW
    return reach.turns(user, methods, urgency, may_wait=may_wait and not is_grave)


def _way(user: User, turn: Turn) -> Way:
    if turn.method is None:
        return Way(Delivery.EMAIL, turn.minutes, address=user.email, turn=turn)
    return Way(turn.method.kind, turn.minutes, turn.method, turn.method.masked, turn)


def enqueue_new(
    letters: Sequence[Letter],
    *,
    kind: str,
    incident: Incident | None = None,
    now: datetime,
    may_wait: bool = True,
) -> list[Delivery]:
    """Do what ``enqueue`` does, now and for several people at once, in as many statements as for one; return the rows.

    Only for keys that name something the caller has just written: none of them can be in the ledger yet.
    """
    people, severity = [letter.user for letter in letters], incident.severity if incident else None
    found = ways(people, kind=kind, severity=severity, may_wait=may_wait)
    made = [
        row
        for letter in letters
        for row in _rows(kind, letter, found[letter.user.pk], incident, due_at=now, now=now)
    ]
    Delivery.objects.bulk_create(made)
    _hand_over_due(made, now)
    return made


def enqueue_address(
    *,
    kind: str,
    topic: str,
    dedupe_key: str,
    address: str,
    message: Message,
    incident: Incident | None = None,
    due_at: datetime | None = None,
    now: datetime,
) -> list[Delivery]:
    """Write one delivery to a mail address that belongs to nobody here; return it in a list."""
    row = _row(due_at or now, Way(Delivery.EMAIL, address=address), dedupe_key)
    return _write(_filled([row], kind, topic, None, message, incident, now), now)


def enqueue_method(
    *, kind: str, topic: str, dedupe_key: str, method: ContactMethod, message: Message, now: datetime
) -> list[Delivery]:
    """Write one delivery by this very method, verified or not: a test, or the code that verifies it."""
    row = _row(now, Way(method.kind, method=method, address=method.masked), dedupe_key)
    return _write(_filled([row], kind, topic, method.user, message, None, now), now)


def cancel(*topics: str, note: str) -> int:
    """Cancel what has not been sent yet about these topics; return how many rows that were.

    What is on the wire at this moment is not tried again. Call inside the transaction of whatever made it unwanted.
    """
    now, about = clock.now(), Q(topic__in=topics)
    # First the mark, then the state: whoever claims a row in between sees the mark (reliability.md, I7).
    Delivery.objects.waiting().filter(about, withdrawn_at=None).update(withdrawn_at=now, note=note[:200])
    stopped = Delivery.objects.filter(about, state=Delivery.State.QUEUED, withdrawn_at__isnull=False)
    return stopped.update(state=Delivery.State.CANCELLED, finished_at=now)


def hand_over(ids: Iterable[int]) -> None:
    """Wake the queue for these rows, on the caller's connection: it commits and rolls back with the transaction."""
    waiting = list(ids)
    for start in range(0, len(waiting), BATCH):
        async_task("communications.tasks.deliver_many", waiting[start : start + BATCH])


def _rows(
    kind: str,
    letter: Letter,
    ways: Sequence[Way],
    incident: Incident | None,
    *,
    due_at: datetime,
    now: datetime,
) -> list[Delivery]:
    """Return a person's deliveries, unsaved: one for each way."""
    rows = [_row(due_at, way, letter.dedupe_key) for way in ways]
    return _filled(rows, kind, letter.topic, letter.user, letter.message, incident, now)


def _row(due_at: datetime, way: Way, dedupe_key: str) -> dict[str, Any]:
    suffix = f"m{way.method.pk}" if way.method else way.transport
    return {
        "due_at": way.at(due_at),
        "contact_method": way.method,
        "transport": way.transport,
        "address": way.address,
        "waits": way.turn is not None and way.turn.quiet is not None,
        "dedupe_key": f"{dedupe_key}:{suffix}",
    }


def _filled(
    rows: Sequence[dict[str, Any]],
    kind: str,
    topic: str,
    user: User | None,
    message: Message,
    incident: Incident | None,
    now: datetime,
) -> list[Delivery]:
    suppressed = _is_bystander(incident, user)
    payloads = [_payload(message, incident, row) | {"waits": row.pop("waits")} for row in rows]
    state = Delivery.State.SUPPRESSED if suppressed else Delivery.State.QUEUED
    return [
        Delivery(
            kind=kind,
            topic=topic,
            incident=incident,
            user=user,
            **row,
            payload=payload,
            state=state,
            created_at=now,
            # The queue delivers what is due; the clock's sweep comes later for that, and on time for the rest.
            next_attempt_at=row["due_at"] + (HANDOVER if row["due_at"] <= now else timedelta()),
            give_up_at=row["due_at"] + PATIENCE,
            finished_at=now if suppressed else None,
        )
        for row, payload in zip(rows, payloads, strict=True)
    ]


def _write(deliveries: Sequence[Delivery], now: datetime) -> list[Delivery]:
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    keys = [delivery.dedupe_key for delivery in deliveries]
    stored = list(Delivery.objects.filter(dedupe_key__in=keys).order_by("due_at", "pk"))
    _hand_over_due(stored, now)
    return stored


def _hand_over_due(rows: Iterable[Delivery], now: datetime) -> None:
    """Wake the queue for what is due. What reaches people outside comes first: it is what wakes them."""
    due = [row for row in rows if row.state == Delivery.State.QUEUED and row.due_at <= now]
    hand_over(row.pk for row in sorted(due, key=lambda row: row.transport == Delivery.IN_APP))


def _is_bystander(incident: Incident | None, user: User | None) -> bool:
    """Return whether this is a drill and the person takes no part in it (semantics.md, "Drills")."""
    if incident is None or not incident.is_drill:
        return False
    if user is None:
        return True
    return (
        incident.declared_by_id != user.pk
        and not Responder.objects.filter(incident=incident, user=user).exists()
    )


def _payload(message: Message, incident: Incident | None, row: dict[str, Any]) -> dict[str, Any]:
    """Return the message as it is stored: cleaned, marked as a drill, and silent about a private incident."""
    subject, text, html = message.subject, message.text, message.html
    if incident and incident.is_private and row["transport"] != Delivery.IN_APP:
        subject = f"[{incident.get_severity_display()}] {incident.reference}"
        text, html = "This incident is private. Sign in to Allclear to read about it.", ""
    if incident and incident.is_drill:
        subject, text = f"DRILL: {subject}", f"This is a drill.\n\n{text}"
    cleaned = Message(
        clean_line(subject, limit=MAX_SUBJECT),
        clean(text, limit=MAX_TEXT),
        html,
        message.path,
        message.sign,
        message.code,
    )
    method: ContactMethod | None = row["contact_method"]
    return asdict(cleaned) | {"method": method.pk if method else None}
