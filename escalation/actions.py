"""What people do about pages: acknowledge, decline, page a role or a person now, send somebody back to bed.

Keyword-only; ``by`` says who; each is one durable transaction. All raise ``common.errors``: ``NotAllowed`` (403),
``Invalid`` with the field (400), ``Conflict`` (409).
"""

from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.crashpoints import crash_point
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean_line
from escalation.engine import answers, timers, wording
from escalation.engine.firing import fire_due, note_exhaustion
from escalation.engine.paging import (
    holders,
    page_by_name,
    page_role,
    paging_rule,
    was_asked,
)
from escalation.engine.run import Run, begin, hold
from escalation.engine.sequence import ROLES, Ask
from escalation.models import Page
from incidents import events, response
from incidents.access import require_responder
from incidents.models import EventKind, Incident, Status
from incidents.state import who_was_first

BY_NAME = ("direct", "expert")


@action
def acknowledge(*, by: Actor, incident: Incident, page: Page | None = None) -> Incident:
    """Say "I have it": the person's repetition ends, the time rules go on; return the incident. Twice is once.

    The first human acknowledgement meets the response clock (R02-R05), also that of a responder who was not paged:
    somebody has it, which is what the clock waits for. They stand in for the on-call engineer, and are asked like
    everybody else whether they are still with it. Raises ``Conflict`` when the incident is over, ``NotAllowed`` for
    machines and other people's pages.
    """
    user = _person(by, page)
    run = _run(incident, by, "acknowledged")
    if (
        user.pk in holders(run)
        and not Page.objects.filter(incident=run.incident, user=user, state=Page.State.OPEN).exists()
    ):
        return run.incident
    again = Page.objects.filter(incident=run.incident, user=user, state=Page.State.ACKNOWLEDGED).exists()
    pages = answers.take(run, user, via=by.via)
    first = response.meet(run.incident, user=user, now=run.now)
    data = {
        "user": user.pk,
        "user_label": str(user),
        "pages": [own.pk for own in pages],
        "roles": sorted({own.role for own in pages}),
        "first": first,
        "again": again,
    }
    events.record(run.incident, EventKind.ACKNOWLEDGED, by=by, data=data)
    crash_point("engine.before_acknowledged")
    return run.incident


@action
def decline(*, by: Actor, page: Page, reason: str = "") -> Page:
    """Say "Can't take it": the next person is paged now; return the page. Twice is once.

    Also after an acknowledgement, when it turns out that one cannot. Raises ``Conflict`` when the incident is over or
    the page was stopped, ``NotAllowed`` for other people's pages.
    """
    _person(by, page)
    run = _run(page.incident, by, "declined")
    page = Page.objects.select_related("user").get(pk=page.pk)
    if page.state == Page.State.DECLINED:
        return page
    if page.state == Page.State.STOPPED:
        raise Conflict(
            f"This page is no longer waiting for you: {page.note or 'it was stopped'}.", code="stopped"
        )
    reason = clean_line(reason, limit=200)
    data = {
        "page": page.pk,
        "role": page.role,
        "user": page.user_id,
        "headline": f"cannot take it as {wording.role_words(page.role)}",
    }
    events.record(run.incident, EventKind.PAGE_DECLINED, by=by, text=reason, data=data)
    answers.decline(_by_engine(run), page, note=reason, via=by.via)
    note_exhaustion(_by_engine(run))
    page.refresh_from_db()
    return page


@action
def escalate_now(*, by: Actor, incident: Incident, role: str) -> Incident:
    """Page a role of the matrix now, before its time or once more; return the incident.

    Raises ``Invalid`` for an unknown role and ``Conflict`` when the incident is over or whoever fills the role has it.
    """
    require_responder(by)
    if role not in ROLES:
        raise Invalid("There is no such role in the escalation matrix.", field="role")
    run = _run(incident, by, "escalated")
    note = f"At once, by {by.label}"
    pending = timers.armed(run).filter(kind=timers.Kind.RULE, role=role)
    if timers.bring_forward(run, pending, note) is None and was_asked(run, role):
        timers.end_chain(run, role, note)
    before = Page.objects.filter(incident=run.incident).count()
    words = page_role(run, Ask(role=role, due_at=run.now, rule=paging_rule(run, role), why=note))
    if Page.objects.filter(incident=run.incident).count() == before:
        raise Conflict(words, code="nobody_paged")
    fire_due(_by_engine(run))
    return run.incident


@action
def page_person(*, by: Actor, incident: Incident, user: User, reason: str, role: str = "direct") -> Page:
    """Page somebody by name (R11), again until they answer; return the page.

    Raises ``Invalid`` for a person who cannot sign in, a missing reason or an unknown role, and ``Conflict`` when the
    incident is over or the person has it already.
    """
    require_responder(by)
    reason = clean_line(reason, limit=160)
    if not reason:
        raise Invalid("Say in a few words what you need them for.", field="reason")
    if role not in BY_NAME:
        raise Invalid("Page a person as “direct” or as “expert”.", field="role")
    if not user.is_active:
        raise Invalid(f"{user} can no longer sign in: the account is inactive.", field="user")
    run = _run(incident, by, "escalated")
    if user.pk in holders(run):
        raise Conflict(f"{user} has {run.incident.reference} already.", code="unchanged")
    return page_by_name(run, user, role=role, why=reason, reason=f"{by.label} asks: {reason}")


@action
def release(*, by: Actor, incident: Incident, user: User) -> Incident:
    """Send somebody back to bed: their pages end and they leave the incident; return it. Twice is once.

    Where nobody has it then, the next person is asked now, as for a decline.
    """
    require_responder(by)
    run = begin(incident.pk, clock.now(), by)
    if run is None:
        raise Conflict("Nobody has been paged for this incident.", code="not_escalated")
    here = run.incident.responders.filter(user=user, left_at=None).exists()
    pages = answers.release(run, user, note=f"Released by {by.label}")
    if here or pages:
        data = {"user": user.pk, "user_label": str(user), "headline": f"released {user}: not needed any more"}
        events.record(run.incident, EventKind.RESPONDER_LEFT, by=by, data=data)
    if pages and run.incident.is_active:
        engine_run = _by_engine(run)
        answers.ask_instead(engine_run, user, pages)
        note_exhaustion(engine_run)
    return run.incident


def _person(by: Actor, page: Page | None) -> User:
    """Return who answers. Being paged is permission enough; others have to be responders."""
    if by.user is None:
        raise NotAllowed("Only a person can answer a page.")
    if page is not None and page.user_id != by.user.pk:
        raise NotAllowed("This page is for somebody else.")
    if page is None:
        require_responder(by)
    if not by.user.is_active:
        raise NotAllowed("This account can no longer sign in.")
    return by.user


def _run(incident: Incident, by: Actor, verb: str) -> Run:
    """Hold the incident and return its run. Raises ``Conflict`` unless it is being worked on."""
    held = hold(incident.pk)
    if held is None:
        raise Conflict("This incident is gone.", code="gone")
    if held.status == Status.REPORTED:
        raise Conflict(
            f"{held.reference} is a report: nobody is paged until it is declared.", code="not_declared"
        )
    if not held.is_active:
        raise Conflict(f"{held.reference} cannot be {verb} any more: {who_was_first(held)}.", code="over")
    run = begin(held.pk, clock.now(), by)
    if run is None:
        raise Conflict(f"{held.reference} was never escalated.", code="not_escalated")
    return run


def _by_engine(run: Run) -> Run:
    """Return the run as the engine's own: what follows from an answer is not the person's doing."""
    return Run(run.incident, run.escalation, run.now)
