"""Asking people: the pages they get, what the pages say, and the board of rows on which ``sequence`` plays."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import Max
from django.utils.module_loading import import_string

from accounts.models import User
from communications import outbox
from communications.models import Delivery
from escalation.duetimes import RuleSpec
from escalation.engine import sequence, timers, wording
from escalation.engine.pace import Pace
from escalation.engine.run import Run
from escalation.engine.sequence import ROLES, Action, Ask, Asked, Placed, Step
from escalation.models import Escalation, EscalationRule, Page
from incidents import events
from incidents.models import EventKind, Incident
from oncall.targets import Target, people_for

logger = logging.getLogger(__name__)
# How the key of a page ends that records an answer and was never sent.
STOOD_IN = ":said"


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
    """Page the first position of a role, from ``ask.position`` on, that has somebody; return what came of it."""
    return sequence.page_role(Rows(run), ask)


def page_next_role(run: Run, role: str, ask: Ask) -> str:
    """Page the role after ``role`` now, before its time; return what came of it in words."""
    return sequence.page_next_role(Rows(run), role, ask)


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


def arm_next(run: Run, ask: Ask, position: int) -> None:
    """Arm the request to the next position of a role."""
    board = Rows(run)
    board.arm([sequence.next_step(board, ask, position, next_round(run, ask.role))])


def arm_repeat(run: Run, role: str, rule: RuleSpec, last_due: datetime, *, done: int) -> bool:
    """Arm the next repetition after ``done`` of them; return whether one was left."""
    board = Rows(run)
    step = sequence.repeat_step(board, role, rule, last_due, done, next_round(run, role))
    board.arm([step] if step else [])
    return step is not None


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


@dataclass
class Rows:
    """The board on which the engine plays (``sequence.Board``): an incident's rows, within one transaction."""

    run: Run

    @property
    def now(self) -> datetime:
        return self.run.now

    @property
    def pace(self) -> Pace:
        return self.run.pace

    def after(self, start: datetime, minutes: int) -> datetime:
        return self.run.after(start, minutes)

    def rule(self, role: str) -> RuleSpec | None:
        return self.run.rule(role)

    def positions(self, role: str) -> list[list[Target]]:
        return people_for(self.run.incident, role, self.run.now)

    def asked(self) -> Asked:
        return _asked(self.run)

    def open_people(self, role: str, *, asked_before: datetime | None = None) -> list[Placed]:
        return open_people(self.run, role, asked_before=asked_before)

    def page(
        self, ask: Ask, people: list[Placed], *, number: int | None = None, answer: bool = True
    ) -> list[str]:
        pages = page_people(self.run, ask, people, answer=answer, number=number)
        return [page.user_label for page in pages]

    def gap(self, ask: Ask, position: int, people: list[Target]) -> None:
        _record_gap(self.run, ask.role, position, people)

    def arm(self, steps: list[Step]) -> None:
        timers.insert([timers.of_step(self.run, step) for step in steps])
        self.run.goes_on = self.run.goes_on or bool(steps)

    def end_chain(self, role: str, note: str) -> None:
        timers.end_chain(self.run, role, note)

    def is_repeating(self, role: str) -> bool:
        return timers.chain(self.run, role).filter(kind=timers.Kind.REPEAT).exists()

    def bring_forward(self, role: str, note: str) -> bool:
        armed = timers.armed(self.run)
        pending = armed.filter(kind=timers.Kind.RULE, role=role, epoch=self.run.incident.epoch)
        return timers.bring_forward(self.run, pending, note) is not None

    def was_asked(self, role: str) -> bool:
        return was_asked(self.run, role)

    def is_asking(self, role: str) -> bool:
        return is_asking(self.run, role)

    def has_it(self, role: str) -> bool:
        return has_it(self.run, role)
