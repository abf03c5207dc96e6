"""What an answer does to an escalation: acknowledged, declined, released."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Max, QuerySet

from accounts.models import User
from communications import outbox
from escalation.duetimes import RuleSpec
from escalation.engine import timers
from escalation.engine.firing import arm_expiry
from escalation.engine.paging import (
    has_it,
    holders,
    is_asking,
    page_next_role,
    page_role,
    stand_in,
    topic,
)
from escalation.engine.run import Run
from escalation.engine.sequence import ROLES, Ask
from escalation.engine.timers import Kind
from escalation.models import EscalationRule, Page
from incidents.models import Responder


def take(run: Run, user: User, *, via: str) -> list[Page]:
    """Let a person have the incident: their open pages are answered, their roles' requests end; return the pages.

    Of whom no answer was waited for gets a page that is answered already, in the role of their last page, else in
    that of the on-call engineer: they have it like anybody else. The other roles' time rules and requests go on.
    """
    open_pages = _open(run)
    own = list(open_pages.filter(user=user))
    _answer(run, open_pages.filter(user=user), Page.State.ACKNOWLEDGED, via=via)
    if user.pk not in holders(run):
        own.append(stand_in(run, user, _last_role(run, user), via=via))
    roles = {page.role for page in own}
    for role in roles:
        _end_request(run, role, f"{user} has it")
    _cancel_unsent(own, f"{user} has it")
    _join(run, user)
    timers.end_expiries(run, user.pk, "Renewed")
    ask_later(run, user.pk, min(roles & set(ROLES), key=ROLES.index, default=ROLES[0]))
    return own


def ask_later(run: Run, user_pk: int, role: str) -> None:
    """Arm the question whether a person is still with it, where the severity asks it and nothing is mitigated."""
    if run.pace.expiry is None or run.mitigated:
        return
    cell = run.rule(role) or RuleSpec(role, run.incident.severity, EscalationRule.Timing.IMMEDIATE)
    stored = cell.as_json() | {"condition": EscalationRule.Condition.NOT_MITIGATED}
    arm_expiry(run, user_pk, role, run.now + timedelta(minutes=run.pace.expiry), stored)


def ask_all_later(run: Run) -> None:
    """After a setback: ask everybody who has it in due time, also who took it while it was mitigated."""
    for user_pk in holders(run):
        if timers.armed(run).filter(kind=Kind.EXPIRY, key__startswith=f"expiry:{user_pk}:").exists():
            continue
        page = Page.objects.filter(incident=run.incident, user_id=user_pk, needs_answer=True).latest("pk")
        ask_later(run, user_pk, page.role if page.role in ROLES else ROLES[0])


def decline(run: Run, page: Page, *, note: str, via: str) -> str:
    """Let a person off and page the next one now; return what came of it in words."""
    mine = Page.objects.filter(
        incident=run.incident,
        epoch__gte=run.escalation.first_epoch,
        user=page.user,
        role=page.role,
        state__in=[Page.State.OPEN, Page.State.ACKNOWLEDGED],
    )
    declined = list(mine)
    _answer(run, mine, Page.State.DECLINED, via=via, note=note)
    _cancel_unsent(declined, "Declined")
    if page.user is not None:
        timers.end_expiries(run, page.user.pk, "Declined")
    return ask_further(run, page.role, after=page.position, why=f"{page.user_label} cannot take it")


def ask_further(run: Run, role: str, *, after: int, why: str, spared: frozenset[int] = frozenset()) -> str:
    """Ask whoever comes after position ``after`` of a role now, else the next role; return what came of it."""
    if role not in ROLES:
        return ""
    pending = timers.armed(run).filter(kind=Kind.NEXT, role=role)
    timer = timers.bring_forward(run, pending, why)
    if run.mitigated:
        timers.end_chain(run, role, why)
    rule = RuleSpec.from_json(timer.rule) if timer else run.rule(role)
    if rule is None:
        return ""
    position = timer.position if timer else after + 1
    ask = Ask(role=role, due_at=run.now, rule=rule, position=position, why=why, spared=spared)
    before = _asked(run)
    words = page_role(run, ask)
    if _asked(run) == before and not is_asking(run, role) and not has_it(run, role):
        words = page_next_role(run, role, ask)
    if timer:
        timers.note(timer, f"{why}. {words}")
    return words


def undeliverable(run: Run, page: Page) -> None:
    """Ask further because a page reached its person by no way at all, unless somebody after them may still answer.

    The page itself stays open: the person may still see it in Allclear, but nobody counts on that.
    """
    asked = Page.objects.filter(incident=run.incident, epoch=page.epoch, role=page.role)
    last = asked.aggregate(last=Max("position"))["last"] or 0
    if last > page.position and is_asking(run, page.role):
        return
    ask_further(run, page.role, after=last, why=f"The page did not reach {page.user_label}")


def ask_instead(run: Run, user: User, pages: list[Page]) -> None:
    """Ask somebody else instead of a person who was sent home, in each of their roles that nobody has or is asked in.

    Whoever else has the incident has it: then a role that waits for an answer goes on by its own rules.
    """
    if holders(run):
        return
    last = {page.role: page.position for page in sorted(pages, key=lambda page: page.position)}
    for role, position in last.items():
        if not is_asking(run, role):
            why = f"{user} was released"
            ask_further(run, role, after=position, why=why, spared=frozenset({user.pk}))


def release(run: Run, user: User, *, note: str) -> list[Page]:
    """Send a person back to bed: none of their pages waits any more; return the pages of this escalation that did."""
    mine = Page.objects.filter(
        incident=run.incident, user=user, state__in=[Page.State.OPEN, Page.State.ACKNOWLEDGED]
    )
    released = list(mine)
    mine.update(state=Page.State.STOPPED, note=note[:200])
    _cancel_unsent(released, note)
    timers.end_expiries(run, user.pk, note)
    Responder.objects.filter(incident=run.incident, user=user, left_at=None).update(left_at=run.now)
    return [page for page in released if page.epoch >= run.escalation.first_epoch]


def _open(run: Run) -> QuerySet[Page]:
    return Page.objects.filter(incident=run.incident, state=Page.State.OPEN)


def _last_role(run: Run, user: User) -> str:
    """Return the role in which a person was asked last, also if they declined it; else the on-call engineer's."""
    pages = Page.objects.filter(incident=run.incident, epoch__gte=run.escalation.first_epoch, user=user)
    asked = pages.exclude(state=Page.State.STOPPED).order_by("pk").last()
    return asked.role if asked else ROLES[0]


def _asked(run: Run) -> int:
    return Page.objects.filter(incident=run.incident).count()


def _answer(run: Run, pages: QuerySet[Page], state: str, *, via: str, note: str = "") -> None:
    pages.update(state=state, answered_at=run.now, answered_via=via[:10], note=note[:200])


def _end_request(run: Run, role: str, note: str) -> None:
    """End what still asks in a role. A person asked for by name is not relieved by somebody else's answer."""
    if role in ROLES:
        others = _open(run).filter(role=role)
        stopped = list(others)
        others.update(state=Page.State.STOPPED, note=note[:200])
        _cancel_unsent(stopped, note)
    if not _open(run).filter(role=role).exists():
        timers.end_chain(run, role, note)


def _cancel_unsent(pages: Iterable[Page], note: str) -> None:
    topics = [topic(page.pk) for page in pages]
    if topics:
        outbox.cancel(*topics, note=note)


def _join(run: Run, user: User) -> None:
    row, created = Responder.objects.get_or_create(
        incident=run.incident, user=user, defaults={"joined_at": run.now}
    )
    if not created:
        Responder.objects.filter(pk=row.pk).exclude(left_at=None).update(left_at=None, joined_at=run.now)
