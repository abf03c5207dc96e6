"""Who does what: taking, offering and handing over roles; joining and leaving (R07-R11)."""

from datetime import timedelta

from accounts.actor import SYSTEM, Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.errors import Blocked, Blocker, Conflict, Invalid, NotAllowed
from common.text import clean
from incidents import response
from incidents.access import holds, is_commander, require_responder
from incidents.events import record
from incidents.models import (
    EventKind,
    Incident,
    Reminder,
    Responder,
    RoleAssignment,
    RoleDefinition,
    RoleOffer,
    Severity,
)
from incidents.state import InvalidTransition, change, locked

Role = RoleDefinition.Key
OFFER_LASTS = timedelta(minutes=5)
UNIQUE = (Role.COMMANDER, Role.TECH_LEAD, Role.COMMS_LEAD)


def holder(incident: Incident, role: str) -> User | None:
    """Return who holds a role now, or ``None``; for roles of many, whoever has held it longest."""
    found = (
        RoleAssignment.objects.filter(incident=incident, role=role, until=None).select_related("user").first()
    )
    return found.user if found else None


def is_qualified(user: User, role: str) -> bool:
    """Return whether the person has the tag that the role asks for (R08); a role without one is open to all."""
    definition = RoleDefinition.objects.filter(key=role).first()
    if definition is None or definition.qualification_id is None:
        return True
    return user.qualifications.filter(pk=definition.qualification_id).exists()


@action
def take_role(
    *,
    by: Actor,
    incident: Incident,
    role: str,
    user: User | None = None,
    reason: str = "",
    expected_version: int | None = None,
) -> RoleAssignment:
    """Take a role, or give it to ``user``; return the assignment.

    A free seat is anyone's. A held one changes without the holder's consent only by a commander, or for the
    commander's own seat by a qualified person, and with a reason; otherwise ``NotAllowed``.
    """
    require_responder(by)
    incident, reason = locked(incident), clean(reason, limit=500)
    person = _person(by, role, user)
    if incident.is_over:
        raise InvalidTransition(incident, incident.status)
    previous = holder(incident, role) if role in UNIQUE else None
    if (
        previous == person
        or RoleAssignment.objects.filter(incident=incident, role=role, user=person, until=None).exists()
    ):
        return RoleAssignment.objects.get(incident=incident, role=role, user=person, until=None)
    if previous is not None:
        _require_takeover(by, incident, role, previous, reason)
    return _assign(
        by, incident, role, person, previous=previous, reason=reason, expected_version=expected_version
    )


def _person(by: Actor, role: str, user: User | None) -> User:
    if role not in Role.values:
        raise Invalid("There is no such role.", field="role")
    person = user or by.user
    if person is None:
        raise Invalid("Say who takes the role.", field="user")
    if not person.is_active or (not person.can_respond and role != Role.OBSERVER):
        raise Invalid(f"{person} cannot respond: the account is inactive or may only look.", field="user")
    return person


def _require_takeover(by: Actor, incident: Incident, role: str, previous: User, reason: str) -> None:
    qualified = role == Role.COMMANDER and by.user is not None and is_qualified(by.user, role)
    if not (is_commander(by, incident) or qualified):
        raise NotAllowed(f"{previous} holds this role. Ask for a hand-over, or ask the Incident Commander.")
    if not reason:
        raise Invalid(f"{previous} holds this role. Say why you take it over.", field="reason")


def _assign(
    by: Actor, incident: Incident, role: str, person: User, *, previous: User | None, reason: str,
    expected_version: int | None = None,
) -> RoleAssignment:  # fmt: skip
    now = clock.now()
    change(incident, expected_version=expected_version)
    if previous is not None:
        RoleAssignment.objects.filter(incident=incident, role=role, user=previous, until=None).update(
            until=now
        )
    incident.role_offers.filter(role=role, state=RoleOffer.State.OPEN).update(state=RoleOffer.State.WITHDRAWN)
    assignment = RoleAssignment.objects.create(incident=incident, role=role, user=person, since=now)
    _join(incident, person)
    data = {
        "role": role,
        "user": person.pk,
        "user_label": str(person),
        "self": by.user == person,
        "previous": previous.pk if previous else None,
        "previous_label": str(previous) if previous else "",
        "unqualified": not is_qualified(person, role),
    }
    record(incident, EventKind.ROLE_TAKEN, by=by, text=reason, data=data)
    if role == Role.COMMANDER and by.user == person:
        response.meet(incident, user=person, now=now)
    return assignment


@action
def release_role(*, by: Actor, incident: Incident, role: str, user: User | None = None) -> Incident:
    """Give up a role, or take it from ``user`` as commander; return the incident.

    An active SEV-1 or SEV-2 keeps a commander: ``Blocked`` until the seat is handed over.
    """
    require_responder(by)
    incident = locked(incident)
    person = _person(by, role, user)
    if person != by.user and not is_commander(by, incident):
        raise NotAllowed("Only the Incident Commander may take a role from somebody else.")
    if role == Role.COMMANDER and incident.is_active and incident.severity <= Severity.SEV2:
        label = Severity(incident.severity).label
        raise Blocked(
            f"A {label} always has an Incident Commander.",
            [
                Blocker(
                    "Hand the role over to somebody first.",
                    f"{incident.get_absolute_url()}#roles",
                    "commander_needed",
                )
            ],
        )
    here = RoleAssignment.objects.filter(incident=incident, role=role, user=person, until=None)
    if here.update(until=clock.now()):
        change(incident)
        data = {"role": role, "user": person.pk, "user_label": str(person)}
        record(incident, EventKind.ROLE_RELEASED, by=by, data=data)
    return incident


@action
def offer_role(
    *,
    by: Actor,
    incident: Incident,
    role: str,
    to: User,
    situation: str = "",
    objectives: str = "",
    actions: str = "",
    resources: str = "",
) -> RoleOffer:
    """Offer a role with a briefing card; return the offer. The holder keeps the role meanwhile; it lapses in 5 min."""
    require_responder(by)
    incident = locked(incident)
    if incident.is_over:
        raise InvalidTransition(incident, incident.status)
    if role not in UNIQUE:
        raise Invalid("Only the commander's and the two leads' roles are handed over.", field="role")
    person, now = _person(by, role, to), clock.now()
    if not (holds(by, incident, role) or is_commander(by, incident)):
        raise NotAllowed("Only who holds the role, or the Incident Commander, can offer it.")
    if holder(incident, role) == person:
        raise Conflict(f"{person} already has this role.", code="unchanged")
    incident.role_offers.filter(role=role, state=RoleOffer.State.OPEN).update(state=RoleOffer.State.WITHDRAWN)
    briefing = {"situation": clean(situation, limit=4000), "objectives": clean(objectives, limit=4000),
                "actions": clean(actions, limit=4000), "resources": clean(resources, limit=4000)}  # fmt: skip
    offer = RoleOffer.objects.create(
        incident=incident, role=role, from_user=by.user, to_user=person, briefing=briefing, created_at=now,
        lapses_at=now + OFFER_LASTS,
    )  # fmt: skip
    Reminder.objects.create(
        incident=incident,
        kind=Reminder.Kind.OFFER,
        key=str(offer.pk),
        target_id=offer.pk,
        due_at=offer.lapses_at,
    )
    data = {"role": role, "user": person.pk, "user_label": str(person), "offer": offer.pk}
    record(incident, EventKind.ROLE_OFFERED, by=by, data=data)
    return offer


@action
def accept_offer(*, by: Actor, offer: RoleOffer) -> RoleOffer:
    """Accept a hand-over; return the offer. Raises ``Conflict`` if it lapsed or was withdrawn."""
    incident = locked(offer.incident)
    _require_offered(by, offer)
    if offer.state == RoleOffer.State.OPEN and clock.now() >= offer.lapses_at:
        raise Conflict("This offer has lapsed. Ask for a new one.", code="lapsed")
    if not _answer(offer, RoleOffer.State.ACCEPTED):
        return offer
    previous = holder(incident, offer.role)
    if previous != by.user and by.user is not None:
        _assign(by, incident, offer.role, by.user, previous=previous, reason="")
    Reminder.objects.filter(incident=incident, kind=Reminder.Kind.OFFER, key=str(offer.pk)).update(
        state=Reminder.State.CANCELLED
    )
    offer.refresh_from_db()
    return offer


@action
def decline_offer(*, by: Actor, offer: RoleOffer, reason: str = "") -> RoleOffer:
    """Decline a hand-over; the holder keeps the role. Return the offer."""
    incident = locked(offer.incident)
    _require_offered(by, offer)
    if not _answer(offer, RoleOffer.State.DECLINED):
        return offer
    end_offer(incident, offer, by=by, state=RoleOffer.State.DECLINED, reason=clean(reason, limit=500))
    offer.refresh_from_db()
    return offer


def end_offer(incident: Incident, offer: RoleOffer, *, by: Actor, state: str, reason: str = "") -> None:
    """Write to the timeline how an offer ended without a change of hands."""
    data = {"role": offer.role, "user": offer.to_user_id, "user_label": str(offer.to_user), "state": state,
            "from": offer.from_user_id, "offer": offer.pk}  # fmt: skip
    record(incident, EventKind.ROLE_OFFER_ENDED, by=by, text=reason, data=data)


def lapse_offer(incident: Incident, offer_id: int) -> None:
    """Let an unanswered offer lapse; called by the clock inside its transaction."""
    here = RoleOffer.objects.filter(pk=offer_id, state=RoleOffer.State.OPEN)
    if here.update(state=RoleOffer.State.LAPSED):
        end_offer(incident, RoleOffer.objects.get(pk=offer_id), by=SYSTEM, state=RoleOffer.State.LAPSED)


def _require_offered(by: Actor, offer: RoleOffer) -> None:
    if by.user is None or by.user.pk != offer.to_user_id:
        raise NotAllowed("This offer is for somebody else.")


def _answer(offer: RoleOffer, state: str) -> bool:
    """Give an open offer its answer; return False if it had this one already. Raises ``Conflict`` if it had another."""
    if RoleOffer.objects.filter(pk=offer.pk, state=RoleOffer.State.OPEN).update(state=state):
        return True
    offer.refresh_from_db()
    if offer.state != state:
        raise Conflict(f"This offer is already {offer.get_state_display().lower()}.")
    return False


@action
def join(*, by: Actor, incident: Incident) -> Incident:
    """Put oneself on the incident; return it. Twice is once."""
    require_responder(by)
    incident = locked(incident)
    if by.user is not None and _join(incident, by.user):
        record(
            incident, EventKind.RESPONDER_JOINED, by=by, data={"user": by.user.pk, "user_label": str(by.user)}
        )
    return incident


@action
def leave(*, by: Actor, incident: Incident) -> Incident:
    """Take oneself off the incident; return it. Who holds a role hands it over first (``Conflict``)."""
    incident = locked(incident)
    if RoleAssignment.objects.filter(incident=incident, user=by.user, role__in=UNIQUE, until=None).exists():
        raise Conflict("You hold a role on this incident: hand it over before you leave.", code="holds_role")
    if Responder.objects.filter(incident=incident, user=by.user, left_at=None).update(left_at=clock.now()):
        RoleAssignment.objects.filter(incident=incident, user=by.user, until=None).update(until=clock.now())
        record(incident, EventKind.RESPONDER_LEFT, by=by, data={"user": by.user.pk if by.user else None})
    return incident


def _join(incident: Incident, user: User) -> bool:
    """Make the person a responder; return whether they were not one already."""
    row, created = Responder.objects.get_or_create(
        incident=incident, user=user, defaults={"joined_at": clock.now()}
    )
    if not created and row.left_at is not None:
        return bool(Responder.objects.filter(pk=row.pk).update(left_at=None, joined_at=clock.now()))
    return created
