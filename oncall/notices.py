"""What people are told about shifts and requests: mail and in Allclear, never a page. Rows only, in the caller's
transaction."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from communications import outbox
from communications.models import Delivery
from communications.outbox import Message
from oncall import asking, spans
from oncall.models import CoverRequest, Override, Schedule, Shadow

Kind = Delivery.Kind


def topic(request: CoverRequest) -> str:
    """Return what the deliveries of a request are filed under."""
    return f"cover:{request.pk}"


def tell(
    user: User,
    key: str,
    message: Message,
    now: datetime,
    *,
    topic: str,
    in_app_only: bool = False,
    kind: str = Kind.NOTICE,
    due_at: datetime | None = None,
) -> None:
    """Write one message to a person who can sign in; under the same key it is written once."""
    if not user.is_active:
        return
    outbox.enqueue(
        kind=kind,
        topic=topic,
        dedupe_key=f"{key}:{user.pk}",
        user=user,
        message=message,
        now=now,
        due_at=due_at,
        in_app_only=in_app_only,
    )


def cover_path(request: CoverRequest) -> str:
    return f"/on-call/cover/{request.pk}/"


def asked_people(request: CoverRequest, now: datetime) -> list[User]:
    """Return whom a request was put to."""
    if request.asked_of is not None:
        return [request.asked_of]
    return list(asking.rota_people(request.schedule, now, but=request.asked_by))


def cover_asked(request: CoverRequest, now: datetime) -> None:
    """Ask: everybody of the rota, or the one person."""
    for user in asked_people(request, now):
        what = "swap shifts with them" if request.is_swap else "take a shift"
        lines = [f"{request.asked_by} asks {'you' if request.asked_of else 'the rota'} to {what}"]
        lines.append(_facts(request, user))
        if request.reason:
            lines.append(f"“{request.reason}”")
        lapses = spans.words(now, request.lapses_at, user.zone).split(" – ")[1]
        lines.append(f"Without an answer by {lapses} everything stays as it is.")
        _send(request, user, f"{request.asked_by} asks you for cover", "\n\n".join(lines), "asked", now)


def cover_accepted(request: CoverRequest, taker: User, now: datetime) -> None:
    """Tell both people; the others who were asked find it in Allclear, and mail that has not left does not leave."""
    outbox.cancel(topic(request), note=f"{taker} said yes")
    to_asker = f"{taker} {'swaps shifts with you' if request.is_swap else 'covers for you'}"
    to_taker = f"You {'swapped shifts with' if request.is_swap else 'cover for'} {request.asked_by}"
    for user, words in ((request.asked_by, to_asker), (taker, to_taker)):
        _send(request, user, words, f"{words}\n\n{_facts(request, user)}", "accepted", now)
    for user in asked_people(request, now):
        if user.pk != taker.pk:
            words = f"{taker} covers for {request.asked_by}: nothing is asked of you any more"
            _send(request, user, words, words, "accepted", now, quietly=True)


def cover_declined(request: CoverRequest, now: datetime) -> None:
    """Tell who asked; they are still on call."""
    who = str(request.answered_by) if request.answered_by else "Everybody of the rota"
    user, words = request.asked_by, f"{who} said no: you still are on call"
    text = "\n\n".join(filter(None, [words, _facts(request, user), request.answer]))
    _send(request, user, words, text, "declined", now)


def cover_withdrawn(request: CoverRequest, now: datetime) -> None:
    """Tell who was asked, quietly; what has not left yet does not leave."""
    outbox.cancel(topic(request), note="Withdrawn")
    for user in asked_people(request, now):
        words = f"{request.asked_by} no longer needs cover"
        _send(request, user, words, f"{words}\n\n{_facts(request, user)}", "withdrawn", now, quietly=True)


def cover_lapsed(request: CoverRequest, now: datetime) -> None:
    """Tell who asked that nobody answered in time."""
    outbox.cancel(topic(request), note="Lapsed")
    user, words = request.asked_by, "Nobody answered in time: you still are on call"
    _send(request, user, words, f"{words}\n\n{_facts(request, user)}", "lapsed", now)


def pager_taken(override: Override, relieved: Iterable[User], now: datetime, *, incidents: bool) -> None:
    """Tell everybody whose time is taken over: nobody silently goes off call."""
    for user in relieved:
        when = spans.words(override.starts_at, override.ends_at, user.zone)
        words = f"{override.user} took the pager of {override.schedule}"
        rest = (
            f"{override.user} takes your open incidents, too."
            if incidents
            else "Incidents that you are paged for stay yours."
        )
        message = Message(
            f"[On-call] {words}", f"{words}\n\n{when}.\n\n{rest}", path=schedule_path(override.schedule)
        )
        tell(user, f"taken:{override.pk}", message, now, topic=f"override:{override.pk}")


def shadow_started(shadow: Shadow, by: str, now: datetime) -> None:
    """Tell somebody that they shadow a rota."""
    zone = shadow.user.zone
    words = f"You shadow {shadow.schedule}"
    rest = f"From {shadow.starts_at.astimezone(zone):%a %d %b %H:%M %Z}, put in by {by}."
    quiet = "You see what its people are paged for, a minute later, and nothing is asked of you."
    message = Message(
        f"[On-call] {words}", f"{words}\n\n{rest}\n\n{quiet}", path=schedule_path(shadow.schedule)
    )
    tell(shadow.user, f"shadow-start:{shadow.pk}", message, now, topic=f"shadow-start:{shadow.pk}")


def schedule_path(schedule: Schedule) -> str:
    return f"/on-call/#rota-{schedule.slug}"


def _facts(request: CoverRequest, reader: User) -> str:
    """Return the spans, each with who has it now, in the reader's zone."""
    when = spans.words(request.starts_at, request.ends_at, reader.zone)
    lines = [f"{request.schedule}: {when} ({request.asked_by})"]
    if request.return_starts_at and request.return_ends_at:
        back = spans.words(request.return_starts_at, request.return_ends_at, reader.zone)
        lines.append(f"In return: {back} ({request.asked_of})")
    return "\n".join(lines)


def _send(
    request: CoverRequest,
    user: User,
    subject: str,
    text: str,
    what: str,
    now: datetime,
    *,
    quietly: bool = False,
) -> None:
    message = Message(f"[On-call] {subject}", text, path=cover_path(request))
    # What is told of an answer must not go when the question is called off.
    about = topic(request) if what == "asked" else f"{topic(request)}:{what}"
    tell(user, f"{topic(request)}:{what}", message, now, topic=about, in_app_only=quietly)
