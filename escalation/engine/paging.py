"""Asking people: the pages of a role, who is passed over and why, and what is armed in case nobody answers."""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Max
from django.utils.module_loading import import_string

from accounts.models import User
from communications import outbox
from communications.models import Delivery
from escalation.duetimes import RuleSpec
from escalation.engine import timers, wording
from escalation.engine.run import Run
from escalation.models import Escalation, EscalationRule, EscalationTimer, Page
from incidents import events
from incidents.models import EventKind, Incident
from oncall.models import EscalationRole
from oncall.targets import Target, people_for

logger = logging.getLogger(__name__)
Action = EscalationRule.Action
ROLES = [str(role) for role in EscalationRole.values]
# How the key of a page ends that records an answer and was never sent.
STOOD_IN = ":said"


@dataclass(frozen=True)
class Ask:
    """One request to one role: from which position on, when it was due, by which cell, with which words before it."""

    role: str
    due_at: datetime
    rule: RuleSpec
    position: int = 0
    prefix: str = ""
    why: str = ""
    # Of an upgrade: who has acknowledged stays so, but is told.
    inform_holders: bool = False
    # Who was asked before in this role is not asked again by the old request: this one takes its place.
    renews: bool = False
    # Who is not asked, whatever they fill: they have just been sent home.
    spared: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Asked:
    """What the incident's pages say: who has it, who declined in this epoch, and each role's last request."""

    having: dict[int, str]
    declined: set[int]
    last_round: dict[str, int]

    def next_round(self, role: str) -> int:
        """Return the number of the next request to a role: it never repeats within an incident, so no key does."""
        return self.last_round.get(role, -1) + 1


def holders(run: Run) -> dict[int, str]:
    """Return who has the incident now, as {user id: name}: their newest page since it was opened is acknowledged.

    Who can no longer sign in has nothing any more.
    """
    return _asked(run).having


def _asked(run: Run) -> Asked:
    newest: dict[int, tuple[str, str]] = {}
    declined: set[int] = set()
    last_round: dict[str, int] = {}
    columns = ("user_id", "state", "user_label", "epoch", "needs_answer", "role", "round", "user__is_active")
    for user, state, label, epoch, needs_answer, role, number, is_active in (
        Page.objects.filter(incident=run.incident).order_by("pk").values_list(*columns)
    ):
        last_round[role] = max(number, last_round.get(role, number))
        if not is_active or not needs_answer or epoch < run.escalation.first_epoch:
            continue
        newest[user] = (state, label)
        if state == Page.State.DECLINED and epoch == run.incident.epoch:
            declined.add(user)
    having = {user: label for user, (state, label) in newest.items() if state == Page.State.ACKNOWLEDGED}
    return Asked(having, declined, last_round)


def page_role(run: Run, ask: Ask) -> str:
    """Page the first position of a role, from ``ask.position`` on, that has somebody; return what came of it in words.

    Nobody in it is a coverage gap: it is recorded, and the next position, else the next role, is paged at once. Whoever
    has acknowledged already is not asked again.
    """
    positions = people_for(run.incident, ask.role, run.now)
    asked = _asked(run)
    if ask.renews and ask.role in asked.last_round:
        timers.end_chain(run, ask.role, "Asked again by the matrix")
    for position in range(ask.position, max(len(positions), 1)):
        people = positions[position] if position < len(positions) else []
        able = [target for target in people if target.user.is_active]
        if not able:
            _record_gap(run, ask.role, position, people)
            continue
        if any(target.user.pk in asked.having for target in able):
            return _already_taken(run, ask, able, asked.having)
        able = [target for target in able if target.user.pk not in asked.declined | ask.spared]
        if able:
            number = asked.next_round(ask.role)
            pages = page_people(run, ask, [(position, target) for target in able], number=number)
            _arm_chain(run, ask, position, len(positions), number + 1)
            return f"Paged {wording.names([page.user_label for page in pages])}."
    if ask.position:
        return "There is nobody further to ask in this role."
    return page_next_role(run, ask.role, ask)


def page_next_role(run: Run, role: str, ask: Ask) -> str:
    """Page the role after ``role`` now, before its time; return what came of it in words."""
    if role not in ROLES or role == ROLES[-1]:
        return "Nobody is left to ask."
    following = ROLES[ROLES.index(role) + 1]
    note = f"At once: nobody could be asked as {wording.role_words(role)}."
    pending = timers.armed(run).filter(kind=timers.Kind.RULE, role=following, epoch=run.incident.epoch)
    forward = timers.bring_forward(run, pending, note)
    if forward is None and was_asked(run, following):
        if not is_asking(run, following) and not has_it(run, following):
            return page_next_role(run, following, ask)
        return f"Nobody could be asked; the {wording.role_words(following)} has been asked already."
    rule = run.rule(following) or ask.rule
    if rule.action == Action.AGENDA:
        rule = ask.rule
    following_ask = replace(
        ask,
        role=following,
        due_at=run.now,
        rule=rule,
        position=0,
        why=note,
        inform_holders=False,
        renews=False,
    )
    page_role(run, following_ask)
    return f"Nobody could be asked: the {wording.role_words(following)} was asked at once."


def was_asked(run: Run, role: str) -> bool:
    """Return whether a role has been asked in this epoch."""
    return Page.objects.filter(incident=run.incident, epoch=run.incident.epoch, role=role).exists()


def is_asking(run: Run, role: str) -> bool:
    """Return whether somebody in a role may still answer: the message has reached them, or is on its way.

    What lies in Allclear alone wakes nobody.
    """
    pages = Page.objects.filter(
        incident=run.incident,
        epoch__gte=run.escalation.first_epoch,
        role=role,
        state=Page.State.OPEN,
        user__is_active=True,
    )
    topics = [topic(pk) for pk in pages.values_list("pk", flat=True)]
    sent = Delivery.objects.filter(topic__in=topics).exclude(transport=Delivery.IN_APP)
    return sent.filter(state__in=_REACHES).exists()


_REACHES = (*Delivery.WAITING, Delivery.State.DELIVERED, Delivery.State.SUPPRESSED)


def has_it(run: Run, role: str) -> bool:
    """Return whether somebody has the incident whose page was for this role."""
    pages = Page.objects.filter(incident=run.incident, role=role, state=Page.State.ACKNOWLEDGED)
    return pages.filter(epoch__gte=run.escalation.first_epoch, user__in=holders(run)).exists()


def page_people(
    run: Run, ask: Ask, people: list[tuple[int, Target]], *, answer: bool = True, number: int | None = None
) -> list[Page]:
    """Write a page and its deliveries for each person at a position, and one timeline entry; return the pages.

    ``number`` is the request's, for callers that have looked already.
    """
    late = max(int((run.now - ask.due_at).total_seconds()), 0)
    needs_answer = answer and ask.rule.action != Action.NOTICE
    round_number = next_round(run, ask.role) if number is None else number
    pages = Page.objects.bulk_create(
        Page(
            incident=run.incident,
            user=target.user,
            user_label=str(target.user)[:160],
            epoch=run.incident.epoch,
            round=round_number,
            role=ask.role,
            position=position,
            key=_key(run.incident, ask.role, position, round_number, target.user),
            reason=target.reason[:200],
            needs_answer=needs_answer,
            due_at=ask.due_at,
            created_at=run.now,
            late_seconds=late,
        )
        for position, target in people
    )
    _deliver(run, pages, ask.prefix)
    _record_paged(run, ask, pages, late)
    if needs_answer:
        _tell_others(run, ask.role, pages)
    if run.incident.first_paged_at is None:
        Incident.objects.filter(pk=run.incident.pk, first_paged_at=None).update(first_paged_at=run.now)
        run.incident.first_paged_at = run.now
    return pages


def _tell_others(run: Run, role: str, pages: list[Page]) -> None:
    """Let ``settings.PAGED_HANDLERS`` hear of it; what is broken there keeps nobody from being paged."""
    users = [page.user for page in pages if page.user is not None]
    for path in settings.PAGED_HANDLERS:
        try:
            with transaction.atomic():
                import_string(path)(run.incident, role, users, run.now)
        except OperationalError:
            raise
        except Exception:
            logger.exception("paged_handler.failed", extra={"handler": path, "incident": run.incident.pk})


def stand_in(run: Run, user: User, role: str, *, via: str) -> Page:
    """Write down that somebody has it whom nobody waits for: an answered page of which nothing is sent; return it."""
    number = next_round(run, role)
    return Page.objects.create(
        incident=run.incident,
        user=user,
        user_label=str(user)[:160],
        epoch=run.incident.epoch,
        round=number,
        role=role,
        key=_key(run.incident, role, 0, number, user) + STOOD_IN,
        reason=wording.SAID_SO,
        due_at=run.now,
        created_at=run.now,
        state=Page.State.ACKNOWLEDGED,
        answered_at=run.now,
        answered_via=via[:10],
    )


def _key(incident: Incident, role: str, position: int, round_number: int, user: User) -> str:
    return f"{incident.pk}:{incident.epoch}:{role}:{position}:{round_number}:{user.pk}"


def next_round(run: Run, role: str) -> int:
    """Return the number of this request to a role: it never repeats within an incident, so neither does a key."""
    last = Page.objects.filter(incident=run.incident, role=role).aggregate(last=Max("round"))["last"]
    return 0 if last is None else last + 1


def _deliver(run: Run, pages: list[Page], prefix: str) -> None:
    letters = [
        outbox.Letter(
            page.user, wording.page_message(page, run.incident, prefix=prefix), topic(page.pk), topic(page.pk)
        )
        for page in pages
        if page.user is not None
    ]
    kind = Delivery.Kind.PAGE if pages[0].needs_answer else Delivery.Kind.NOTICE
    outbox.enqueue_new(letters, kind=kind, incident=run.incident, now=run.now)


def topic(page_pk: int) -> str:
    """Return what a page's deliveries are filed under."""
    return f"page:{page_pk}"


def _record_paged(run: Run, ask: Ask, pages: list[Page], late: int) -> None:
    who = wording.names([page.user_label for page in pages])
    role = wording.role_words(ask.role)
    data = {
        "role": ask.role,
        "position": pages[0].position,
        "round": pages[0].round,
        "pages": [page.pk for page in pages],
        "users": [page.user_id for page in pages],
        "needs_answer": pages[0].needs_answer,
        "late_seconds": late,
    }
    verb = "paged" if pages[0].needs_answer else "told"
    data["headline"] = f"{verb} {who} as {role}"
    events.record(run.incident, EventKind.PAGED, by=run.by, text=ask.why, data=data)
    if late > wording.LATE_SECONDS:
        data["headline"] = f"paged {who} as {role}, {wording.late_words(late)}"
        events.record(run.incident, EventKind.PAGE_LATE, by=run.by, data=data)


def _record_gap(run: Run, role: str, position: int, people: list[Target]) -> None:
    words = wording.role_words(role)
    place = {0: "", 1: ", second in line", 2: ", third in line"}.get(position, f", place {position + 1}")
    text = ""
    if people:
        text = f"{wording.names([str(target.user) for target in people])} can no longer sign in."
    events.record(
        run.incident,
        EventKind.COVERAGE_GAP,
        by=run.by,
        text=text,
        data={
            "role": role,
            "position": position,
            "skipped": [target.user.pk for target in people],
            "headline": f"found nobody to page as {words}{place}",
        },
    )


def _already_taken(run: Run, ask: Ask, able: list[Target], having: dict[int, str]) -> str:
    """Leave alone who has it. After an upgrade they are told, without being asked to answer once more."""
    mine = [target for target in able if target.user.pk in having]
    who = wording.names([having[target.user.pk] for target in mine])
    if ask.inform_holders:
        page_people(run, ask, [(ask.position, target) for target in mine], answer=False)
    return f"{who} has it already."


def _arm_chain(run: Run, ask: Ask, position: int, positions: int, number: int) -> None:
    """Arm what happens when nobody in the role answers: the next person, and the same people again.

    Both count from the due time, not from now, so that a late page does not push the others back. ``number`` is that of
    the next request.
    """
    if ask.rule.action == Action.NOTICE:
        return
    rows = [_next(run, ask, position + 1, number)] if position + 1 < positions else []
    is_first = number == 1
    if is_first or not timers.chain(run, ask.role).filter(kind=timers.Kind.REPEAT).exists():
        repeat = _repeat(run, ask.role, ask.rule, ask.due_at, 0, number)
        rows += [repeat] if repeat else []
    timers.insert(rows)
    run.goes_on = run.goes_on or bool(rows)


def arm_next(run: Run, ask: Ask, position: int) -> None:
    """Arm the request to the next position of a role."""
    timers.insert([_next(run, ask, position, next_round(run, ask.role))])


def _next(run: Run, ask: Ask, position: int, number: int) -> EscalationTimer:
    key = f"next:{ask.role}:{position}:{number}"
    due_at = run.after(ask.due_at, run.pace.next)
    rule = ask.rule.as_json()
    return timers.make(run, timers.Kind.NEXT, key, ask.role, due_at, position=position, rule=rule)


def arm_repeat(run: Run, role: str, rule: RuleSpec, last_due: datetime, *, done: int) -> bool:
    """Arm the next repetition after ``done`` of them; return whether one was left."""
    timer = _repeat(run, role, rule, last_due, done, next_round(run, role))
    timers.insert([timer] if timer else [])
    return timer is not None


def _repeat(
    run: Run, role: str, rule: RuleSpec, last_due: datetime, done: int, number: int
) -> EscalationTimer | None:
    """Return the next repetition's timer. Those that should have come while nothing ran are left out."""
    due_at = last_due
    while done < run.pace.rounds:
        done += 1
        due_at = run.after(due_at, run.pace.repeat)
        if due_at > run.now:
            key, kind = f"repeat:{role}:{number}", timers.Kind.REPEAT
            return timers.make(run, kind, key, role, due_at, round=done, rule=rule.as_json())
    return None


def paging_rule(run: Run, role: str) -> RuleSpec:
    """Return the role's cell, as a page even where the matrix has only a notice or an agenda item."""
    cell = run.rule(role) or RuleSpec(role, run.incident.severity, EscalationRule.Timing.IMMEDIATE)
    return RuleSpec.from_json(cell.as_json() | {"action": Action.PAGE})


def ask_anew(run: Run, role: str, *, why: str, spared: frozenset[int] = frozenset()) -> str:
    """Ask a role from its first position on, now, because nobody has it any more; return what came of it in words.

    Who was asked by name cannot be replaced by another name: instead of them the on-call engineer is asked.
    """
    role = role if role in ROLES else ROLES[0]
    timers.end_chain(run, role, why)
    Escalation.objects.filter(pk=run.escalation.pk).update(exhausted_at=None)
    run.escalation.exhausted_at = None
    ask = Ask(role=role, due_at=run.now, rule=paging_rule(run, role), why=why, spared=spared)
    return page_role(run, ask)


def page_by_name(run: Run, user: User, *, role: str, why: str, reason: str) -> Page:
    """Page one person now, and again until they answer; return the page."""
    rule = RuleSpec(role, run.incident.severity, EscalationRule.Timing.IMMEDIATE)
    ask = Ask(role=role, due_at=run.now, rule=rule, why=why)
    [page] = page_people(run, ask, [(0, Target(user, reason))])
    if not timers.chain(run, role).exists():
        arm_repeat(run, role, rule, run.now, done=0)
    Escalation.objects.filter(pk=run.escalation.pk).update(exhausted_at=None)
    return page


def open_people(run: Run, role: str, *, asked_before: datetime | None = None) -> list[tuple[int, Target]]:
    """Return who in a role still owes an answer, with the position and the reason for which they were paged.

    With ``asked_before`` whoever was asked at that instant (UTC) or later is left out: no second page at once.
    """
    pages = Page.objects.filter(
        incident=run.incident,
        epoch__gte=run.escalation.first_epoch,
        role=role,
        state=Page.State.OPEN,
        needs_answer=True,
        user__is_active=True,
    ).select_related("user")
    newest = {page.user_id: page for page in pages.order_by("pk")}
    having = holders(run)
    people = [
        (page.position, Target(page.user, page.reason))
        for page in newest.values()
        if page.user is not None
        and page.user.pk not in having
        and (asked_before is None or page.due_at < asked_before)
    ]
    return sorted(people, key=lambda place: place[0])
