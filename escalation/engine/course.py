"""How an escalation begins, changes course and ends. Every function joins the transaction of what caused it."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from common import businesstime
from common.businesstime import NeverOpen
from common.crashpoints import crash_point
from communications import outbox
from communications.models import Delivery
from escalation.duetimes import RuleSpec, due_at, without_rules
from escalation.engine import answers, sequence, timers, wording
from escalation.engine.firing import fire_due, note_exhaustion
from escalation.engine.paging import topic
from escalation.engine.run import Run, begin, snapshot
from escalation.engine.sequence import ROLES, Action
from escalation.engine.timers import MITIGATED, Kind, State
from escalation.models import AgendaItem, Escalation, EscalationRule, EscalationTimer, Page
from incidents import events
from incidents.models import EventKind, Incident

Condition = EscalationRule.Condition
LOWERED = "The severity was lowered"


def open(incident: Incident, *, now: datetime) -> None:  # noqa: A001 - the word of the trade
    """Copy the matrix onto a declared incident, arm its severity's cells from ``now`` (UTC) and page who is due.

    The incident is as its row: whoever declares it holds the row, and nobody else can have an escalation for it.
    """
    crash_point("engine.before_open")
    escalation = Escalation.objects.create(
        incident=incident, matrix=snapshot(), first_epoch=incident.epoch, created_at=now
    )
    _start(Run(incident, escalation, now), reason="")


def restart(incident: Incident, *, now: datetime) -> None:
    """Begin anew after a reopening: earlier answers are void, and the on-call engineer is paged again."""
    if not Escalation.objects.filter(incident=incident).exists():
        open(incident, now=now)
        return
    Escalation.objects.filter(incident=incident).update(first_epoch=incident.epoch, exhausted_at=None)
    run = begin(incident.pk, now)
    if run is not None:
        _start(run, reason="reopened")


def upgrade(incident: Incident, *, now: datetime) -> None:
    """Run the worse severity's cells from ``now``; the on-call engineer is paged again with "UPGRADED".

    Who has acknowledged stays so. Requests that wait for an answer go on, at the new pace.
    """
    Escalation.objects.filter(incident=incident).update(exhausted_at=None)
    run = begin(incident.pk, now)
    if run is None:
        return
    timers.cancel(run, timers.armed(run).filter(kind=Kind.RULE), "The severity was raised")
    _carry_over(run)
    _start(run, reason="upgraded")


def downgrade(incident: Incident, *, now: datetime, was: int) -> None:
    """Drop what the lower severity does not ask for, visibly; page nobody; tell who was notified, quietly and once."""
    run = begin(incident.pk, now)
    if run is None:
        return
    _carry_over(run)
    pending = list(timers.armed(run).filter(kind=Kind.RULE))
    timers.cancel_all(run, pending, LOWERED)
    asked = set(_pages(run).values_list("role", flat=True)) - _end_early_requests(run)
    later = [rule for rule in run.rules() if rule.role not in asked]
    rows = [_timer(run, rule, reason="") for rule in later if rule.action != Action.AGENDA]
    if run.mitigated:
        _hold_back(run, rows)
    for timer in rows:
        # The on-call engineer of whom there was none is not called up by better news.
        if timer.role == ROLES[0] and timer.due_at <= run.now:
            timer.state, timer.settled_at, timer.note = State.CANCELLED, run.now, LOWERED
    timers.insert(rows)
    _agenda(run, later)
    _tell_of_downgrade(run, was)
    note_exhaustion(run)
    if pending:
        words = ", ".join(f"{wording.role_words(timer.role)} ({_words(timer)})" for timer in pending)
        _record(run, "cancelled what the lower severity does not ask for", words)


def _end_early_requests(run: Run) -> set[str]:
    """End the requests to roles that the lower severity asks later, or never; return these roles.

    Their pages stay: who was asked may still answer. When its time comes the role is asked anew.
    """
    early = set()
    for role in ROLES:
        rule = run.rule(role)
        is_due = (
            rule is not None
            and rule.action != Action.AGENDA
            and due_at(rule, run.now, run.calendar) <= run.now
        )
        if not is_due and timers.end_chain(run, role, LOWERED):
            early.add(role)
    return early


def pause(incident: Incident, *, now: datetime) -> None:
    """Stop what pages only while not mitigated; it is shown as cancelled and can be resumed."""
    run = begin(incident.pk, now)
    if run is None:
        return
    pending = [
        timer
        for timer in timers.armed(run)
        if timer.kind == Kind.EXPIRY or timer.rule.get("condition") == Condition.NOT_MITIGATED
    ]
    timers.cancel_all(run, pending, MITIGATED)
    still = _pages(run).filter(state=Page.State.OPEN)
    outbox.cancel(*[topic(pk) for pk in still.values_list("pk", flat=True)], note=MITIGATED)
    rules = [timer for timer in pending if timer.kind == Kind.RULE]
    if rules:
        words = ", ".join(f"{wording.role_words(timer.role)} ({_words(timer)})" for timer in rules)
        _record(run, "paused the escalation: mitigated", words)


def resume(incident: Incident, *, now: datetime) -> None:
    """Let paused clocks run on with the time that was left on them when they were paused."""
    run = begin(incident.pk, now)
    if run is None:
        return
    paused = list(timers.paused(run))
    for timer in paused:
        EscalationTimer.objects.filter(pk=timer.pk, state=State.CANCELLED).update(
            state=State.ARMED, settled_at=None, note="", due_at=_resumed(run, timer)
        )
    timers.wake_clock()
    rules = [timer for timer in paused if timer.kind == Kind.RULE]
    if rules:
        words = ", ".join(f"{wording.role_words(timer.role)} ({_words(timer)})" for timer in rules)
        _record(run, "resumed the escalation: no longer mitigated", words)
    answers.ask_all_later(run)
    fire_due(run)
    note_exhaustion(run)


def stop(incident: Incident, *, now: datetime, note: str) -> None:
    """End it: nothing armed, nobody waited for, nothing sent any more. ``note`` says why."""
    run = begin(incident.pk, now)
    if run is None:
        return
    pending = timers.cancel(run, timers.armed(run), note)
    pages = Page.objects.filter(incident=run.incident)
    waiting = pages.filter(state=Page.State.OPEN)
    asked = waiting.count()
    waiting.update(state=Page.State.STOPPED, note=note[:200])
    outbox.cancel(*_unsent_topics(run), note=note)
    if pending or asked:
        headline = (
            f"stopped {asked} open {_plural(asked, 'page')} and {pending} pending {_plural(pending, 'step')}"
        )
        events.record(
            run.incident,
            EventKind.PAGE_STOPPED,
            by=run.by,
            text=note,
            data={"pages": asked, "timers": pending, "headline": headline},
        )


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _unsent_topics(run: Run) -> list[str]:
    """Return the topics of the incident's pages and notices that have not been sent."""
    waiting = Delivery.objects.waiting().filter(incident=run.incident)
    kinds = [Delivery.Kind.PAGE, Delivery.Kind.NOTICE]
    topics = waiting.filter(kind__in=kinds, topic__startswith="page:").values_list("topic", flat=True)
    return list(topics.order_by().distinct())


def _start(run: Run, *, reason: str) -> None:
    rules = run.rules() or [_instead_of_rules(run)]
    paging = [rule for rule in rules if rule.action != Action.AGENDA]
    rows = [_timer(run, rule, reason) for rule in paging]
    if run.mitigated:
        _hold_back(run, rows, but=ROLES[0])
    timers.insert(rows)
    _agenda(run, rules)
    crash_point("engine.after_arming")
    fire_due(run)
    crash_point("engine.after_open")


def _instead_of_rules(run: Run) -> RuleSpec:
    """Return the cell that stands in for a severity without any, and say on the timeline that there was none."""
    rule = without_rules(run.incident.severity)
    severity = run.incident.get_severity_display()
    events.record(
        run.incident,
        EventKind.COVERAGE_GAP,
        by=run.by,
        text=f"The escalation matrix has no rule for {severity}: the {wording.role_words(rule.role)} is asked anyway.",
        data={"role": rule.role, "position": 0, "skipped": [], "headline": f"found no rule for {severity}"},
    )
    return rule


def _hold_back(run: Run, rows: list[EscalationTimer], *, but: str = "") -> None:
    """While mitigated cells wait for a setback, except that the on-call engineer (``but``) hears of an upgrade."""
    for timer in rows:
        if timer.role != but and timer.rule["condition"] == Condition.NOT_MITIGATED:
            timer.state, timer.settled_at, timer.note = State.CANCELLED, run.now, MITIGATED


def _timer(run: Run, rule: RuleSpec, reason: str) -> EscalationTimer:
    return timers.of_step(run, sequence.rule_step(rule, run.now, run.calendar, reason))


def _agenda(run: Run, rules: list[RuleSpec]) -> None:
    """Put the incident on the agendas that the matrix names; such a cell pages nobody and is done at once."""
    cells = [rule for rule in rules if rule.action == Action.AGENDA]
    rows = []
    for rule in cells:
        timer = _timer(run, rule, "")
        timer.state, timer.settled_at = State.FIRED, run.now
        timer.note = f"On the agenda of the {rule.words.lower()}"
        rows.append(timer)
    timers.insert(rows)
    AgendaItem.objects.bulk_create(
        [
            AgendaItem(incident=run.incident, review=rule.timing, role=rule.role, review_at=timer.due_at)
            for rule, timer in zip(cells, rows, strict=True)
        ],
        ignore_conflicts=True,
    )


def _carry_over(run: Run) -> None:
    """Take requests that still wait for an answer, and expiries, over into the new epoch, at the new pace.

    Also those that are paused: after a setback they run on at the severity that holds then.
    """
    waiting = timers.armed(run).filter(kind__in=[Kind.NEXT, Kind.REPEAT, Kind.EXPIRY])
    for timer in waiting.exclude(epoch=run.incident.epoch):
        if timer.kind == Kind.EXPIRY and run.pace.expiry is None:
            timers.cancel_all(run, [timer], "Not asked at this severity")
            continue
        due = _next_open(run, timer.due_at) if run.pace.business else min(timer.due_at, _soonest(run, timer))
        timers.armed(run).filter(pk=timer.pk).update(epoch=run.incident.epoch, due_at=due)
    _carry_over_paused(run)


def _carry_over_paused(run: Run) -> None:
    old = EscalationTimer.objects.filter(
        incident=run.incident, state=State.CANCELLED, note=MITIGATED, epoch__gte=run.escalation.first_epoch
    )
    here = EscalationTimer.objects.filter(incident=run.incident, epoch=run.incident.epoch)
    taken = set(here.values_list("key", flat=True))
    chains = old.filter(kind__in=[Kind.NEXT, Kind.REPEAT, Kind.EXPIRY]).exclude(epoch=run.incident.epoch)
    for timer in chains.order_by("-epoch", "pk"):
        if timer.key in taken:
            continue
        taken.add(timer.key)
        if timer.kind == Kind.EXPIRY and run.pace.expiry is None:
            old.filter(pk=timer.pk).update(note="Not asked at this severity")
            continue
        # What is left of it is counted from when it was paused.
        since = timer.settled_at or run.now
        due = timer.due_at if run.pace.business else min(timer.due_at, _soonest(run, timer, since))
        old.filter(pk=timer.pk).update(epoch=run.incident.epoch, due_at=due)


def _soonest(run: Run, timer: EscalationTimer, since: datetime | None = None) -> datetime:
    """Return when a carried timer would come due at the latest if it had been armed now, or at ``since``."""
    minutes = {Kind.NEXT: run.pace.next, Kind.REPEAT: run.pace.repeat}.get(
        Kind(timer.kind), run.pace.expiry or 0
    )
    return (since or run.now) + timedelta(minutes=minutes)


def _next_open(run: Run, instant: datetime) -> datetime:
    try:
        return businesstime.next_open(run.calendar, instant)
    except NeverOpen:
        return instant


def _resumed(run: Run, timer: EscalationTimer) -> datetime:
    """Return when a paused timer comes due: after the time that was left, on its own clock."""
    paused_at = timer.settled_at or run.now
    rule = timer.rule
    if rule.get("timing") in ("next_day", "business_hours"):
        return max(timer.due_at, _next_open(run, run.now))
    business = rule.get("clock") == "business" if timer.kind == Kind.RULE else run.pace.business
    if not business:
        return run.now + (timer.due_at - paused_at)
    left = businesstime.business_between(run.calendar, paused_at, timer.due_at)
    try:
        return _next_open(run, businesstime.add_business(run.calendar, run.now, left))
    except NeverOpen:
        return run.now + left


def _pages(run: Run) -> QuerySet[Page]:
    return Page.objects.filter(incident=run.incident, epoch__gte=run.escalation.first_epoch)


def _words(timer: EscalationTimer) -> str:
    return RuleSpec.from_json(timer.rule).words


def _tell_of_downgrade(run: Run, was: int) -> None:
    incident = run.incident
    text = f"{incident.reference} was lowered from SEV-{was} to {incident.get_severity_display()}."
    pages = _pages(run).filter(user__is_active=True).select_related("user").order_by("pk")
    for user in {page.user_id: page.user for page in pages}.values():
        if user is not None:
            outbox.enqueue(
                kind=Delivery.Kind.NOTICE,
                topic=f"downgrade:{incident.pk}:{incident.epoch}",
                dedupe_key=f"downgrade:{incident.pk}:{incident.epoch}:{user.pk}",
                user=user,
                message=wording.quiet_message(incident, text),
                incident=incident,
                now=run.now,
            )


def _record(run: Run, headline: str, text: str) -> None:
    events.record(
        run.incident, EventKind.ESCALATION_CHANGED, by=run.by, text=text, data={"headline": headline}
    )
