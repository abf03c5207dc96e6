"""The invariants of paging (reliability.md), each a query: tests, benchmark and clock 2 use the same ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts import audit
from accounts.models import AuditEntry
from communications.models import Attempt, Delivery
from escalation.engine.paging import STOOD_IN
from escalation.models import Escalation, EscalationRule, EscalationTimer, Heartbeat, Page
from escalation.pager import heartbeats
from incidents.models import Incident, Status

PAGES = Q(kind=Delivery.Kind.PAGE)
OVERDUE = timedelta(seconds=60)
LEASE_SLACK = timedelta(seconds=10)
LATEST_FIRST_ATTEMPT = timedelta(seconds=5)
AFTER_ANSWER = timedelta(seconds=1)
SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant: what it says, how much was looked at, how many rows break it, and the first few of them."""

    key: str
    promise: str
    checked: int
    violations: int
    samples: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        return self.violations == 0


Check = Callable[[datetime, datetime | None], tuple[int, list[str]]]


def findings(now: datetime, *, since: datetime | None = None) -> list[Finding]:
    """Return each invariant with what breaks it at ``now`` (UTC); ``since`` leaves out older incidents."""
    made = []
    for key, (promise, check) in CHECKS.items():
        checked, broken = check(now, since)
        made.append(Finding(key, promise, checked, len(broken), tuple(broken[:SAMPLES])))
    return made


def _pages(since: datetime | None) -> QuerySet[Page]:
    pages = Page.objects.all()
    return pages.filter(created_at__gte=since) if since else pages


def _page_deliveries(since: datetime | None) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(PAGES)
    return rows.filter(created_at__gte=since) if since else rows


def _fired(since: datetime | None) -> QuerySet[EscalationTimer]:
    fired = EscalationTimer.objects.filter(state=EscalationTimer.State.FIRED)
    return fired.filter(settled_at__gte=since) if since else fired


def i1(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """Every cell that fired left a page or says why not; every armed one that is due has been fired."""
    paging = Q(rule__action=EscalationRule.Action.PAGE) | Q(rule__action=EscalationRule.Action.NOTICE)
    rules = _fired(since).filter(paging, kind=EscalationTimer.Kind.RULE, note="")
    silent = [f"timer {pk} ({key}) fired and says nothing" for pk, key in rules.values_list("pk", "key")]
    late = EscalationTimer.objects.filter(
        state=EscalationTimer.State.ARMED, due_at__lt=now - OVERDUE, incident__status__in=_ACTIVE
    )
    overdue = [
        f"timer {pk} ({key}) is overdue since {due:%H:%M:%S}"
        for pk, key, due in late.values_list("pk", "key", "due_at")
    ]
    asked = _pages(since).exclude(key__endswith=STOOD_IN)
    lacking = asked.filter(~Exists(Delivery.objects.filter(topic=_TOPIC)), user__isnull=False)
    undelivered = [f"page {pk} has no delivery" for pk in lacking.values_list("pk", flat=True)]
    return _pages(since).count() + rules.count(), silent + overdue + undelivered


_TOPIC = Concat(Value("page:"), Cast(OuterRef("pk"), CharField()))
_ACTIVE = (Status.INVESTIGATING, Status.MITIGATING)


def i2(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """The database forbids two rows of one key; what is looked for is one request written under two keys."""
    same = ("incident", "epoch", "role", "position", "round", "user")
    twice = _pages(since).values(*same).annotate(n=Count("pk")).filter(n__gt=1, user__isnull=False)
    doubled = (
        _page_deliveries(since)
        .values("topic", "transport", "address", "contact_method")
        .annotate(n=Count("pk"))
        .filter(n__gt=1)
    )
    broken = [f"page {row}" for row in twice] + [f"delivery {row}" for row in doubled]
    return _pages(since).count(), broken


def i3(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """Nothing waits for more than a minute, unless it has been tried and will be tried again."""
    rows = _page_deliveries(since)
    waiting = rows.filter(state__in=Delivery.WAITING, due_at__lt=now - OVERDUE)
    lost = waiting.filter(Q(attempts=0) | Q(next_attempt_at__lt=now - OVERDUE))
    return rows.count(), [
        f"delivery {pk} waits since {due:%H:%M:%S}" for pk, due in lost.values_list("pk", "due_at")
    ]


def i4(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """What the ledger calls delivered has an attempt that says so, and as many attempts as it counts."""
    rows = _page_deliveries(since).annotate(
        tries=Count("attempt_log"),
        successes=Count("attempt_log", filter=Q(attempt_log__outcome=Attempt.Outcome.DELIVERED)),
    )
    unproven = rows.filter(state=Delivery.State.DELIVERED, successes=0)
    miscounted = rows.exclude(tries=F("attempts"))
    return rows.count(), [
        f"delivery {pk} has no attempt to show" for pk in (unproven | miscounted).values_list("pk", flat=True)
    ]


def i5(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """Nothing is delivered twice, except after an attempt whose outcome nobody knows."""
    rows = _page_deliveries(since).annotate(
        sure=Count("attempt_log", filter=Q(attempt_log__outcome=Attempt.Outcome.DELIVERED))
    )
    return rows.count(), [
        f"delivery {pk} was delivered twice" for pk in rows.filter(sure__gt=1).values_list("pk", flat=True)
    ]


def i6(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """The first attempt comes within five seconds of the due time."""
    rows = _page_deliveries(since).exclude(first_attempt_at=None)
    late = rows.filter(first_attempt_at__gt=F("due_at") + LATEST_FIRST_ATTEMPT)
    broken = [
        f"delivery {pk} was {(first - due).total_seconds():.1f} s late"
        for pk, first, due in late.values_list("pk", "first_attempt_at", "due_at")
        if first
    ]
    return rows.count(), broken


def i7(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """Nothing is first attempted later than a second after the page was answered or stopped."""
    answered = _pages(since).exclude(answered_at=None)
    later = Delivery.objects.filter(topic=_TOPIC, first_attempt_at__gt=OuterRef("answered_at") + AFTER_ANSWER)
    sent = answered.filter(Exists(later))
    return answered.count(), [
        f"page {pk} was sent after the answer" for pk in sent.values_list("pk", flat=True)
    ]


def i8(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """Nobody is paged early, and no role before the one below it."""
    early = _pages(since).filter(created_at__lt=F("due_at"))
    broken = [f"page {pk} was early" for pk in early.values_list("pk", flat=True)]
    rules = EscalationTimer.Kind.RULE
    fired = _fired(since).filter(kind=rules).exclude(rule__action=EscalationRule.Action.AGENDA)
    broken += [
        f"timer {pk} fired early"
        for pk in fired.filter(settled_at__lt=F("due_at")).values_list("pk", flat=True)
    ]
    sooner = EscalationTimer.objects.filter(
        incident=OuterRef("incident"),
        epoch=OuterRef("epoch"),
        kind=rules,
        state=EscalationTimer.State.ARMED,
        due_at__lt=OuterRef("due_at"),
    )
    overtaken = fired.filter(Exists(sooner), note__startswith="Paged")
    broken += [f"timer {pk} overtook an earlier one" for pk in overtaken.values_list("pk", flat=True)]
    return _pages(since).count(), broken


def i9(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """An incident that nobody has acknowledged has a next step, or says that everybody was asked in vain."""
    open_ones = Incident.objects.filter(status__in=_ACTIVE, acknowledged_at=None)
    if since:
        open_ones = open_ones.filter(declared_at__gte=since)
    armed = EscalationTimer.objects.filter(state=EscalationTimer.State.ARMED).values("incident")
    exhausted = Escalation.objects.exclude(exhausted_at=None).values("incident")
    stranded = open_ones.exclude(pk__in=armed).exclude(pk__in=exhausted)
    return open_ones.count(), [
        f"INC-{number} has no next step" for number in stranded.values_list("number", flat=True)
    ]


def i10(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """No claim outlives its lease by more than ten seconds."""
    claimed = Delivery.objects.filter(state=Delivery.State.CLAIMED)
    stale = claimed.filter(lease_until__lt=now - LEASE_SLACK)
    return claimed.count(), [f"delivery {pk} has a stale claim" for pk in stale.values_list("pk", flat=True)]


def i11(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """Each entry of the audit log fits the one before, and the newest that clock 2 has seen is still there."""
    entries = AuditEntry.objects.filter(at__gte=since) if since else AuditEntry.objects.all()
    broken = list(audit.broken(since))
    seen = Heartbeat.objects.filter(name=heartbeats.AUDIT).values_list("detail", flat=True).first() or {}
    sequence, digest = seen.get("head", (0, ""))
    if sequence and not AuditEntry.objects.filter(sequence=sequence, hash=digest).exists():
        broken.append(f"entry {sequence} is gone or another one")
    return entries.count(), broken


def i12(now: datetime, since: datetime | None) -> tuple[int, list[str]]:
    """What is known to be delivered is not sent again, whatever state a backup has brought back."""
    success = Attempt.objects.filter(delivery=OuterRef("pk"), outcome=Attempt.Outcome.DELIVERED)
    delivered = _page_deliveries(since).filter(Exists(success))
    waiting = delivered.filter(state=Delivery.State.QUEUED)
    earlier = Attempt.objects.filter(
        delivery=OuterRef("delivery"), outcome=Attempt.Outcome.DELIVERED, ended_at__lt=OuterRef("started_at")
    )
    again = Attempt.objects.filter(Exists(earlier), delivery__in=_page_deliveries(since))
    return delivered.count(), [
        *(f"delivery {pk} is to be sent again" for pk in waiting.values_list("pk", flat=True)),
        *(f"delivery {pk} was sent again" for pk in again.values_list("delivery", flat=True)),
    ]


CHECKS: dict[str, tuple[str, Check]] = {
    "I1": ("each page that the rules demand has its row", i1),
    "I2": ("no request is written twice", i2),
    "I3": ("nothing waits for ever", i3),
    "I4": ("each delivery has its attempt", i4),
    "I5": ("nothing is delivered twice that was known to be delivered", i5),
    "I6": ("the first attempt comes within 5 s", i6),
    "I7": ("nothing is first sent after the answer", i7),
    "I8": ("never early, and never before the role below", i8),
    "I9": ("an unanswered incident has a next step, or says that there is none", i9),
    "I10": ("no claim outlives its lease", i10),
    "I11": ("the audit log only grows", i11),
    "I12": ("nothing delivered is sent again", i12),
}


def table(rows: list[Finding]) -> str:
    """Return the findings as lines for a terminal."""
    lines = [f"{'':4} {'checked':>8} {'broken':>7}  promise"]
    for row in rows:
        lines.append(f"{row.key:4} {row.checked:>8} {row.violations:>7}  {row.promise}")
        lines += [f"{'':22} {sample}" for sample in row.samples]
    return "\n".join(lines)
