"""What an answer does to an escalation: acknowledged, declined, released."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet

from accounts.models import User
from communications import outbox
from escalation.duetimes import RuleSpec
from escalation.engine import timers
from escalation.engine.firing import arm_expiry
from escalation.engine.paging import ROLES, Ask, page_next_role, page_role, topic
from escalation.engine.run import Run
from escalation.engine.timers import Kind
from escalation.models import EscalationRule, Page
from incidents.models import Responder


def take(run: Run, user: User, *, via: str) -> list[Page]:
    """Let a person have the incident: their open pages are answered, their roles' requests end; return the pages.

    Who was never paged stands in for the on-call engineer. The other roles' time rules and requests go on.
    """
    open_pages = _open(run)
    own = list(open_pages.filter(user=user))
    _answer(run, open_pages.filter(user=user), Page.State.ACKNOWLEDGED, via=via)
    roles = {page.role for page in own} or ({ROLES[0]} if not _has_page(run, user) else set())
    for role in roles:
        _end_request(run, role, f"{user} has it")
    _cancel_unsent(own, f"{user} has it")
    _join(run, user)
    if run.pace.expiry is not None and not run.mitigated:
        role = min(roles & set(ROLES), key=ROLES.index, default=ROLES[0])
        cell = run.rule(role)
        stored = (cell.as_json() if cell else {}) | {"condition": EscalationRule.Condition.NOT_MITIGATED}
        timers.cancel(
            run, timers.armed(run).filter(kind=Kind.EXPIRY, key__startswith=f"expiry:{user.pk}:"), "Renewed"
        )
        arm_expiry(run, user.pk, role, run.now + timedelta(minutes=run.pace.expiry), stored)
    return own


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
        expiries = timers.armed(run).filter(kind=Kind.EXPIRY, key__startswith=f"expiry:{page.user.pk}:")
        timers.cancel(run, expiries, "Declined")
    return ask_further(run, page.role, after=page.position, why=f"{page.user_label} cannot take it")


def ask_further(run: Run, role: str, *, after: int, why: str) -> str:
    """Ask whoever comes after position ``after`` of a role now, else the next role; return what came of it."""
    if role not in ROLES:
        return ""
    pending = timers.armed(run).filter(kind=Kind.NEXT, role=role)
    timer = timers.bring_forward(run, pending, why)
    rule = RuleSpec.from_json(timer.rule) if timer else run.rule(role)
    if rule is None:
        return ""
    position = timer.position if timer else after + 1
    ask = Ask(role=role, due_at=run.now, rule=rule, position=position, why=why)
    before = _asked(run)
    words = page_role(run, ask)
    if _asked(run) == before and not _open(run).filter(role=role).exists():
        words = page_next_role(run, role, ask)
    if timer:
        timers.note(timer, f"{why}. {words}")
    return words


def release(run: Run, user: User, *, note: str) -> int:
    """Send a person back to bed: none of their pages waits any more; return how many pages that were."""
    mine = Page.objects.filter(
        incident=run.incident, user=user, state__in=[Page.State.OPEN, Page.State.ACKNOWLEDGED]
    )
    released = list(mine)
    mine.update(state=Page.State.STOPPED, note=note[:200])
    _cancel_unsent(released, note)
    expiries = timers.armed(run).filter(kind=Kind.EXPIRY, key__startswith=f"expiry:{user.pk}:")
    timers.cancel(run, expiries, note)
    Responder.objects.filter(incident=run.incident, user=user, left_at=None).update(left_at=run.now)
    return len(released)


def _open(run: Run) -> QuerySet[Page]:
    return Page.objects.filter(incident=run.incident, state=Page.State.OPEN)


def _has_page(run: Run, user: User) -> bool:
    pages = Page.objects.filter(incident=run.incident, epoch__gte=run.escalation.first_epoch, user=user)
    return pages.exclude(state=Page.State.STOPPED).exists()


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
        timers.cancel(run, timers.chain(run, role), note)


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
