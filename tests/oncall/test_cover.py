"""Asking for cover: who is asked, what a yes does to the rota, and what everybody is told (R52)."""

from datetime import timedelta

import pytest
import time_machine

from accounts.actor import Actor
from accounts.models import AuditEntry, User
from common import clock
from common.errors import Conflict, Invalid, NotAllowed
from oncall import actions, asking
from oncall.due import COVER_REQUESTS
from oncall.models import Absence, CoverRequest, Override, Schedule
from tests import builders
from tests.builders import NOON
from tests.oncall.people import BOBS, CAROLS, asks, mails, on_call, week

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("noon")]
State = CoverRequest.State
MIDDLE = BOBS[0] + timedelta(days=2)


def test_one_colleague_is_asked_by_mail_with_a_link(three: Schedule, bob: User, carol: User) -> None:
    request = asks(bob, three, asked_of=carol, reason="Wedding")
    assert mails() == [("carol@example.org", "[On-call] Bob asks you for cover")]
    assert carol.notifications.get().path == f"/on-call/cover/{request.pk}/"
    assert "Wedding" in carol.notifications.get().text


def test_a_yes_changes_the_rota_for_that_span_and_both_are_told(
    three: Schedule, bob: User, carol: User
) -> None:
    request = asks(bob, three, (MIDDLE, MIDDLE + timedelta(days=1)), asked_of=carol)
    mails()
    actions.accept_cover(by=Actor.of(carol), request=request)
    assert week(three, BOBS[0]) == ["Bob", "Carol", "Bob"]
    row = Override.objects.get()
    assert (row.origin, row.request, row.replaces, row.user) == ("swap", request, bob, carol)
    assert mails() == [
        ("bob@example.org", "[On-call] Carol covers for you"),
        ("carol@example.org", "[On-call] You cover for Bob"),
    ]


def test_a_swap_changes_both_spans(three: Schedule, bob: User, carol: User) -> None:
    request = asks(bob, three, asked_of=carol, return_starts_at=CAROLS[0], return_ends_at=CAROLS[1])
    actions.accept_cover(by=Actor.of(carol), request=request)
    assert on_call(three, MIDDLE) == ["Carol"]
    assert on_call(three, CAROLS[0] + timedelta(days=1)) == ["Bob"]


def test_cover_of_a_shift_that_an_override_gave_works_too(
    three: Schedule, alice: User, bob: User, carol: User, erin: User
) -> None:
    actions.add_override(by=Actor.of(erin), schedule=three, user=alice, starts_at=BOBS[0], ends_at=BOBS[1])
    actions.accept_cover(by=Actor.of(carol), request=asks(alice, three, asked_of=carol))
    assert week(three, BOBS[0]) == ["Carol"]


def test_an_override_beats_what_was_agreed(three: Schedule, bob: User, carol: User, erin: User) -> None:
    actions.accept_cover(by=Actor.of(carol), request=asks(bob, three, asked_of=carol))
    actions.add_override(by=Actor.of(erin), schedule=three, user=erin, starts_at=BOBS[0], ends_at=BOBS[1])
    assert week(three, BOBS[0]) == ["Erin"]


def test_the_whole_rota_is_asked_and_the_first_yes_counts(
    three: Schedule, alice: User, bob: User, carol: User
) -> None:
    request = asks(bob, three)
    assert {address for address, _ in mails()} == {"alice@example.org", "carol@example.org"}
    actions.accept_cover(by=Actor.of(alice), request=request)
    with pytest.raises(Conflict, match="was accepted by Alice"):
        actions.accept_cover(by=Actor.of(carol), request=request)
    assert on_call(three, MIDDLE) == ["Alice"]
    assert Override.objects.count() == 1


def test_saying_yes_twice_is_once(three: Schedule, bob: User, carol: User) -> None:
    request = asks(bob, three, asked_of=carol)
    for _ in range(2):
        actions.accept_cover(by=Actor.of(carol), request=request)
    assert Override.objects.count() == 1
    assert AuditEntry.objects.filter(action="cover.accepted").count() == 1


def test_a_no_with_its_reason_reaches_who_asked(three: Schedule, bob: User, carol: User) -> None:
    request = asks(bob, three, asked_of=carol)
    mails()
    actions.decline_cover(by=Actor.of(carol), request=request, reason="I am away")
    assert mails() == [("bob@example.org", "[On-call] Carol said no: you still are on call")]
    assert "I am away" in bob.notifications.get().text
    assert on_call(three, MIDDLE) == ["Bob"]


def test_a_request_to_the_rota_stays_open_until_everybody_has_said_no(
    three: Schedule, alice: User, bob: User, carol: User
) -> None:
    request = asks(bob, three)
    actions.decline_cover(by=Actor.of(carol), request=request)
    request.refresh_from_db()
    assert request.state == State.ASKED
    assert list(asking.open_requests(carol)) == []
    assert list(asking.open_requests(alice)) == [request]
    actions.decline_cover(by=Actor.of(alice), request=request)
    request.refresh_from_db()
    assert request.state == State.DECLINED


def test_who_asked_may_take_it_back_and_nobody_else(three: Schedule, bob: User, carol: User) -> None:
    request = asks(bob, three, asked_of=carol)
    with pytest.raises(NotAllowed):
        actions.withdraw_cover(by=Actor.of(carol), request=request)
    actions.withdraw_cover(by=Actor.of(bob), request=request)
    assert mails() == [], "the question had not left yet"
    with pytest.raises(Conflict, match="was withdrawn"):
        actions.accept_cover(by=Actor.of(carol), request=request)


def test_nobody_answers_for_somebody_else(three: Schedule, alice: User, bob: User, carol: User) -> None:
    request = asks(bob, three, asked_of=carol)
    for answer in (actions.accept_cover, actions.decline_cover):
        with pytest.raises(NotAllowed):
            answer(by=Actor.of(alice), request=request)


def test_without_an_answer_it_lapses_once_and_everything_stays(
    noon: time_machine.Traveller, three: Schedule, bob: User, carol: User
) -> None:
    request = asks(bob, three, asked_of=carol)
    assert request.lapses_at == NOON + timedelta(hours=48)
    mails()
    noon.move_to(request.lapses_at, tick=False)
    with pytest.raises(Conflict, match="has lapsed"):
        actions.accept_cover(by=Actor.of(carol), request=request)
    assert COVER_REQUESTS.next_due() == request.lapses_at
    assert [COVER_REQUESTS.sweep(clock.now()) for _ in range(2)] == [1, 0]
    assert mails() == [("bob@example.org", "[On-call] Nobody answered in time: you still are on call")]
    assert on_call(three, MIDDLE) == ["Bob"]


def test_it_lapses_an_hour_before_the_span_and_never_after_it_began(three: Schedule, alice: User) -> None:
    soon = NOON + timedelta(hours=5)
    assert asks(alice, three, (soon, soon + timedelta(hours=1))).lapses_at == soon - timedelta(hours=1)
    at_once = NOON + timedelta(minutes=20)
    assert asks(alice, three, (at_once, at_once + timedelta(hours=1))).lapses_at == at_once
    later = NOON + timedelta(days=1)
    with pytest.raises(Invalid, match="at the latest") as refused:
        asks(alice, three, (later, later + timedelta(hours=1)), lapses_at=later + timedelta(minutes=1))
    assert refused.value.field == "lapses_at"


def test_a_yes_is_refused_when_the_asker_is_not_on_call_then_any_more(
    three: Schedule, bob: User, carol: User, erin: User
) -> None:
    request = asks(bob, three, asked_of=carol)
    actions.add_override(by=Actor.of(erin), schedule=three, user=erin, starts_at=BOBS[0], ends_at=BOBS[1])
    with pytest.raises(Conflict, match="Bob is not on call then any more"):
        actions.accept_cover(by=Actor.of(carol), request=request)


def test_a_yes_is_refused_when_the_answering_person_has_come_to_be_on_call(
    three: Schedule, bob: User, carol: User, erin: User
) -> None:
    request = asks(bob, three, asked_of=carol)
    actions.add_override(
        by=Actor.of(erin), schedule=three, user=carol, kind="add", starts_at=BOBS[0], ends_at=BOBS[1]
    )
    with pytest.raises(Conflict, match="You are on call for Platform already: Mon 30 Mar"):
        actions.accept_cover(by=Actor.of(carol), request=request)
    assert Override.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"ends_at": BOBS[0]}, "ends_at", "end before it begins"),
        ({"starts_at": NOON - timedelta(hours=1)}, "starts_at", "has passed"),
        ({"starts_at": NOON}, "starts_at", "nobody could answer in time"),
        ({"ends_at": BOBS[0] + timedelta(days=400)}, "ends_at", "a year at most"),
        ({"starts_at": CAROLS[0], "ends_at": CAROLS[1]}, "starts_at", "You are not on call"),
        ({"return_starts_at": CAROLS[0]}, "return_ends_at", "from when to when"),
        ({"return_starts_at": CAROLS[0], "return_ends_at": CAROLS[1]}, "asked_of", "say whom"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused_beside_its_field(
    three: Schedule, bob: User, change: dict[str, object], field: str, words: str
) -> None:
    given = {"starts_at": BOBS[0], "ends_at": BOBS[1]} | change
    with pytest.raises(Invalid, match=words) as refused:
        actions.ask_for_cover(by=Actor.of(bob), schedule=three, **given)
    assert refused.value.field == field
    assert not CoverRequest.objects.exists()


def test_people_who_cannot_take_it_are_not_asked(
    three: Schedule, alice: User, bob: User, carol: User
) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)
    carol.refresh_from_db()
    span = (BOBS[0], BOBS[1] + timedelta(days=1))
    with pytest.raises(Invalid, match="can no longer sign in"):
        asks(bob, three, asked_of=carol)
    with pytest.raises(Invalid, match="That is you"):
        asks(bob, three, asked_of=bob)
    with pytest.raises(Invalid, match="Bob is on call for Platform already"):
        asks(alice, three, (NOON + timedelta(days=1), span[1]), asked_of=bob)


def test_the_same_span_is_asked_about_once(three: Schedule, bob: User, carol: User) -> None:
    asks(bob, three, asked_of=carol)
    with pytest.raises(Conflict, match="Withdraw that first"):
        asks(bob, three)


def test_who_may_only_look_does_not_ask(three: Schedule, dave: User) -> None:
    with pytest.raises(NotAllowed):
        asks(dave, three)


def test_an_absence_warns_and_forbids_nothing(three: Schedule, bob: User, carol: User) -> None:
    Absence.objects.create(user=carol, starts_at=MIDDLE, ends_at=BOBS[1], reason="Holiday")
    request = asks(bob, three, asked_of=carol)
    assert asking.warnings(request, carol) == [
        "Carol is away Wed 1 Apr 08:00 – Mon 6 Apr 08:00 UTC: Holiday."
    ]
    actions.accept_cover(by=Actor.of(carol), request=request)


def test_what_was_asked_and_answered_is_in_the_audit_log(three: Schedule, bob: User, carol: User) -> None:
    actions.accept_cover(by=Actor.of(carol), request=asks(bob, three, asked_of=carol))
    asked, accepted = AuditEntry.objects.filter(action__startswith="cover.").order_by("sequence")
    assert (asked.action, asked.actor, accepted.action, accepted.actor) == (
        "cover.asked", "Bob", "cover.accepted", "Carol",
    )  # fmt: skip
    assert accepted.data["overrides"] == [Override.objects.get().pk]


def test_a_rota_of_one_has_nobody_to_ask(alice: User) -> None:
    lonely = builders.rota("Lonely", alice)
    with pytest.raises(Invalid, match="nobody else in this rota") as refused:
        asks(alice, lonely, (NOON + timedelta(days=1), NOON + timedelta(days=2)))
    assert refused.value.field == "asked_of"
