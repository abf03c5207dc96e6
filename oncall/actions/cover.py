"""Asking a colleague: cover for a span, or a swap of two. The first yes counts, and writes the change with it (R52)."""

from datetime import datetime, timedelta

from accounts import audit
from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock, instants
from common.errors import Conflict, Invalid, NotAllowed
from common.text import clean_line
from oncall import asking, notices, shiftchanges, spans
from oncall.access import require_schedule_editor
from oncall.actions.overrides import LONGEST, start_from_now
from oncall.models import CoverRefusal, CoverRequest, Schedule
from oncall.rota import load_spec

State = CoverRequest.State
# A shorter notice than this is no question: somebody takes the pager.
SOONEST = timedelta(minutes=5)
BEFORE_START = timedelta(hours=1)
PATIENCE = timedelta(hours=48)
FARTHEST = 2 * LONGEST
Span = tuple[datetime, datetime]


@action
def ask_for_cover(
    *,
    by: Actor,
    schedule: Schedule,
    starts_at: datetime,
    ends_at: datetime,
    asked_of: User | None = None,
    return_starts_at: datetime | None = None,
    return_ends_at: datetime | None = None,
    reason: str = "",
    lapses_at: datetime | None = None,
) -> CoverRequest:
    """Ask one colleague, or with ``asked_of`` None everybody of the rota, to take a span; return the request.

    With a span in return it is a swap, which one person is asked. Without ``lapses_at`` it lapses 48 hours from now,
    but an hour before the span begins, or at its beginning where that is less than an hour away. All instants are UTC.
    Raises ``Invalid`` with the field for a span that makes no sense or is not the asker's, for a person who cannot take
    it, ``Conflict`` for a span that is asked about already, ``NotAllowed`` for who may only look.
    """
    user = _person(by)
    require_schedule_editor(by, schedule)
    schedule = _held(schedule)
    now = clock.now()
    starts_at = _check_span((starts_at, ends_at), now)
    asker_span, back = (starts_at, ends_at), _return_span(return_starts_at, return_ends_at, asked_of, now)
    _check_asker(schedule, user, asker_span)
    _check_candidates(schedule, user, asked_of, asker_span, back)
    request = CoverRequest.objects.create(
        schedule=schedule,
        asked_by=user,
        starts_at=starts_at,
        ends_at=ends_at,
        asked_of=asked_of,
        return_starts_at=back[0] if back else None,
        return_ends_at=back[1] if back else None,
        reason=clean_line(reason, limit=200),
        lapses_at=_lapse(lapses_at, min(starts_at, back[0]) if back else starts_at, now),
        created_at=now,
    )
    _audit(by, "cover.asked", request)
    notices.cover_asked(request, now)
    return request


@action
def accept_cover(*, by: Actor, request: CoverRequest) -> CoverRequest:
    """Say yes: the change of the rota is written with the answer; return the request. Twice is once.

    Of several who say yes at once the first has it. Raises ``Conflict`` with who was first, when the asker is not on
    call then any more, and when the answering person is; ``NotAllowed`` for who was not asked.
    """
    user, request = _answering(by, request)
    if request.state == State.ACCEPTED and request.answered_by_id == user.pk:
        return request
    now = clock.now()
    _require_open(request, now)
    _require_asked(user, request)
    _check_still(request, user)
    rows = asking.overrides_of(request, user)
    for row in rows:
        row.created_by = user
        row.save()
    _settle(request, State.ACCEPTED, user, now)
    _audit(by, "cover.accepted", request, overrides=[row.pk for row in rows])
    notices.cover_accepted(request, user, now)
    shiftchanges.look_again(request.schedule_id, now)
    return request


@action
def decline_cover(*, by: Actor, request: CoverRequest, reason: str = "") -> CoverRequest:
    """Say no, with a reason if one likes; return the request. Twice is once.

    A request to the whole rota stays open until everybody has said no. Raises ``Conflict`` when it is no longer open,
    ``NotAllowed`` for who was not asked.
    """
    user, request = _answering(by, request)
    reason = clean_line(reason, limit=200)
    if request.state == State.DECLINED and asking.may_answer(user, request):
        return request
    now = clock.now()
    _require_open(request, now)
    _require_asked(user, request)
    if request.asked_of_id is None:
        _, is_new = CoverRefusal.objects.get_or_create(
            request=request, user=user, defaults={"reason": reason, "created_at": now}
        )
        if not is_new:
            return request
        _audit(by, "cover.refused", request, answer=reason)
        people = asking.rota_people(request.schedule, now, but=request.asked_by)
        if people.exclude(pk__in=request.refusals.values("user_id")).exists():
            return request
        _settle(request, State.DECLINED, None, now, "Everybody of the rota said no.")
    else:
        _settle(request, State.DECLINED, user, now, reason)
        _audit(by, "cover.declined", request, answer=reason)
    notices.cover_declined(request, now)
    return request


@action
def withdraw_cover(*, by: Actor, request: CoverRequest) -> CoverRequest:
    """Take a request back; return it. Twice is once. Raises ``Conflict`` for one that was answered or has lapsed."""
    request = _held_request(request)
    if by.user is None or (by.user.pk != request.asked_by_id and not by.user.is_admin):
        raise NotAllowed("Only who asked may take the request back.")
    if request.state == State.WITHDRAWN:
        return request
    now = clock.now()
    _require_open(request, now)
    _settle(request, State.WITHDRAWN, by.user, now)
    _audit(by, "cover.withdrawn", request)
    notices.cover_withdrawn(request, now)
    return request


def lapse(request: CoverRequest, by: Actor, now: datetime) -> bool:
    """Close a request that nobody answered in time, inside the caller's transaction; return whether it was open."""
    still = CoverRequest.objects.filter(pk=request.pk, state=State.ASKED, lapses_at__lte=now)
    if not still.update(state=State.LAPSED, answered_at=now):
        return False
    request.refresh_from_db()
    _audit(by, "cover.lapsed", request)
    notices.cover_lapsed(request, now)
    return True


def _person(by: Actor) -> User:
    if by.user is None or not by.user.is_active:
        raise NotAllowed("Only a person who can sign in asks for cover, and answers.")
    return by.user


def _held(schedule: Schedule) -> Schedule:
    """Return the schedule, held: whoever asks and answers about one rota takes turns."""
    return Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)


def _held_request(request: CoverRequest) -> CoverRequest:
    _held(request.schedule)
    held = CoverRequest.objects.select_related("schedule", "asked_by", "asked_of", "answered_by")
    return held.get(pk=request.pk)


def _answering(by: Actor, request: CoverRequest) -> tuple[User, CoverRequest]:
    return _person(by), _held_request(request)


def _check_span(span: Span, now: datetime) -> datetime:
    """Return the start, at the earliest in ``SOONEST``. Raises ``Invalid`` with the field."""
    starts_at = start_from_now(span[0], now)
    if span[1] <= starts_at:
        raise Invalid("The span would end before it begins.", field="ends_at")
    if starts_at < now + SOONEST:
        raise Invalid(
            "This begins now: nobody could answer in time. Choose a start in five minutes or later, "
            "or let somebody take the pager now.",
            field="starts_at",
        )
    if span[1] - starts_at > LONGEST:
        raise Invalid("Ask for a year at most.", field="ends_at")
    if starts_at - now > FARTHEST:
        raise Invalid("This is more than two years ahead.", field="starts_at")
    return starts_at


def _return_span(
    start: datetime | None, end: datetime | None, asked_of: User | None, now: datetime
) -> Span | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise Invalid(
            "Say from when to when you take over in return.",
            field="return_ends_at" if end is None else "return_starts_at",
        )
    if asked_of is None:
        raise Invalid("A swap is asked of one person: say whom.", field="asked_of")
    if end <= start:
        raise Invalid("The span in return would end before it begins.", field="return_ends_at")
    if start < now + SOONEST:
        raise Invalid("The span in return has begun already.", field="return_starts_at")
    if end - start > LONGEST or start - now > FARTHEST:
        raise Invalid("The span in return is too long, or too far ahead.", field="return_ends_at")
    return start, end


def _check_asker(schedule: Schedule, user: User, span: Span) -> None:
    if not _runs(schedule, user, span):
        raise Invalid(
            f"You are not on call for {schedule} in this span, so there is nothing to cover.",
            field="starts_at",
        )
    again = CoverRequest.objects.filter(
        schedule=schedule, asked_by=user, state=State.ASKED, starts_at__lt=span[1], ends_at__gt=span[0]
    ).first()
    if again is not None:
        when = spans.words(again.starts_at, again.ends_at, user.zone)
        raise Conflict(
            f"You have asked {again.asked_of or 'the whole rota'} about {when} already. Withdraw that first.",
            code="asked_already",
        )


def _check_candidates(
    schedule: Schedule, user: User, asked_of: User | None, span: Span, back: Span | None
) -> None:
    if asked_of is None:
        if not asking.rota_people(schedule, clock.now(), but=user).exists():
            raise Invalid(
                "There is nobody else in this rota. Ask somebody by name, or an admin.", field="asked_of"
            )
        return
    if asked_of.pk == user.pk:
        raise Invalid("That is you: ask somebody else.", field="asked_of")
    if not asked_of.is_active:
        raise Invalid(f"{asked_of} can no longer sign in, so nobody would answer.", field="asked_of")
    if taken := _runs(schedule, asked_of, span):
        raise Invalid(_busy(asked_of, schedule, taken[0], user), field="asked_of")
    if back is None:
        return
    if not _runs(schedule, asked_of, back):
        raise Invalid(
            f"{asked_of} is not on call for {schedule} then: there is nothing to take in return.",
            field="return_starts_at",
        )
    if _runs(schedule, user, back):
        raise Invalid("You are on call yourself in the span in return.", field="return_starts_at")


def _check_still(request: CoverRequest, user: User) -> None:
    """Raise ``Conflict`` unless a yes still does what was asked for."""
    schedule, asker = request.schedule, request.asked_by
    span = request.starts_at, request.ends_at
    if not _runs(schedule, asker, span):
        raise Conflict(
            f"{asker} is not on call then any more: there is nothing to take over.", code="not_on_call"
        )
    if taken := _runs(schedule, user, span):
        raise Conflict(_busy(user, schedule, taken[0], user), code="on_call_already")
    if request.return_starts_at is None or request.return_ends_at is None:
        return
    back = request.return_starts_at, request.return_ends_at
    if not asker.is_active:
        raise Conflict(f"{asker} can no longer sign in, and so cannot take over in return.", code="not_able")
    if not _runs(schedule, user, back):
        raise Conflict(
            "You are not on call any more in the span that was offered in return.", code="not_on_call"
        )
    if _runs(schedule, asker, back):
        raise Conflict(f"{asker} is on call already in the span in return.", code="on_call_already")


def _runs(schedule: Schedule, user: User, span: Span) -> list[spans.Run]:
    return spans.runs_of(load_spec(schedule, *span), user.pk, *span)


def _busy(user: User, schedule: Schedule, run: spans.Run, reader: User) -> str:
    who = "You are" if user.pk == reader.pk else f"{user} is"
    return f"{who} on call for {schedule} already: {spans.words(run.start, run.end, reader.zone)}."


def _lapse(given: datetime | None, begins: datetime, now: datetime) -> datetime:
    """Return when a request lapses (UTC): never after the earlier span has begun."""
    if given is None:
        before = begins - BEFORE_START
        return min(now + PATIENCE, before if before > now else begins)
    if given <= now:
        raise Invalid("This has passed: nobody could answer.", field="lapses_at")
    if given > begins:
        raise Invalid("A request lapses when the span begins, at the latest.", field="lapses_at")
    return given


def _require_open(request: CoverRequest, now: datetime) -> None:
    if request.state == State.ASKED and request.lapses_at > now:
        return
    ago = f" {instants.relative(request.answered_at, now)}" if request.answered_at else ""
    who = f" by {request.answered_by}" if request.answered_by else ""
    how = {
        State.ACCEPTED: f"was accepted{who}{ago}",
        State.DECLINED: f"was declined{who}{ago}",
        State.WITHDRAWN: f"was withdrawn{ago}",
    }.get(State(request.state), "has lapsed: nobody answered in time")
    raise Conflict(f"This request {how}.", code="answered")


def _require_asked(user: User, request: CoverRequest) -> None:
    if not asking.may_answer(user, request):
        raise NotAllowed("This was not asked of you.")


def _settle(request: CoverRequest, state: State, user: User | None, now: datetime, answer: str = "") -> None:
    request.state, request.answered_by, request.answered_at, request.answer = state, user, now, answer
    request.save(update_fields=["state", "answered_by", "answered_at", "answer"])


def _audit(by: Actor, what: str, request: CoverRequest, **more: object) -> None:
    audit.record(
        by=by,
        action=what,
        about=request.schedule,
        data={
            "request": request.pk,
            "asked_by": request.asked_by_id,
            "asked_of": request.asked_of_id,
            "from": request.starts_at,
            "until": request.ends_at,
            "return_from": request.return_starts_at,
            "return_until": request.return_ends_at,
            "reason": request.reason,
            "lapses_at": request.lapses_at,
            **more,
        },
    )
