"""Asking, answering, taking, shadowing and confirming in the browser, without JavaScript, and over the API."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from common import clock
from communications.models import Delivery
from oncall.due import SHIFT_CHANGES
from oncall.models import CoverRequest, Override, Schedule, Shadow, ShiftChange
from tests import builders
from tests.builders import NOON
from tests.oncall.people import BOBS, CAROLS, asks, on_call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("noon")]


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def key(rota: Schedule, user: User, span: tuple[Any, Any]) -> str:
    return f"{rota.slug}|{user.pk}|{span[1]:%Y%m%dT%H%M%SZ}"


def test_my_next_shift_is_chosen_already_and_one_tap_asks_the_rota(three: Schedule, bob: User) -> None:
    page = text(as_(bob).get("/on-call/cover/ask/"))
    assert "Platform: Mon 30 Mar 08:00 – Mon 6 Apr 08:00 UTC" in page
    chosen = key(three, bob, BOBS)
    assert f'value="{chosen}"' in page
    answer = as_(bob).post("/on-call/cover/ask/", {"shift": chosen})
    made = CoverRequest.objects.get()
    assert answer["Location"] == f"/on-call/cover/{made.pk}/"
    assert (made.starts_at, made.ends_at, made.asked_of) == (*BOBS, None)


def test_a_shift_in_return_makes_it_a_swap(three: Schedule, bob: User, carol: User) -> None:
    data = {"shift": key(three, bob, BOBS), "in_return": key(three, carol, CAROLS)}
    as_(bob).post("/on-call/cover/ask/", data)
    made = CoverRequest.objects.get()
    assert (made.asked_of, made.return_starts_at, made.return_ends_at) == (carol, *CAROLS)


def test_a_free_span_is_asked_in_the_viewers_zone(three: Schedule, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Europe/Berlin")
    data = {
        "shift": "other",
        "schedule": "platform",
        "starts_at": "2026-04-01T12:00",
        "ends_at": "2026-04-01T14:00",
    }
    as_(bob).post("/on-call/cover/ask/", data)
    assert f"{CoverRequest.objects.get().starts_at:%H:%M}" == "10:00"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ends_at": "2026-04-01T11:00"}, "end before it begins"),
        (
            {"starts_at": "2026-04-06T12:00", "ends_at": "2026-04-07T12:00"},
            "You are not on call for Platform",
        ),
        ({"starts_at": "soon"}, "Write a time like"),
        ({"starts_at": ""}, "Say from when."),
        ({"schedule": "no-such"}, "There is no such schedule."),
        ({"asked_of": "999999"}, "This person cannot be asked."),
        ({"starts_at": "0001-01-01T00:00"}, "has passed"),
        ({"ends_at": "9999-12-31T23:59"}, "a year at most"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_asked(
    three: Schedule, bob: User, change: dict[str, str], words: str
) -> None:
    data = {
        "shift": "other",
        "schedule": "platform",
        "starts_at": "2026-04-01T12:00",
        "ends_at": "2026-04-01T14:00",
    }
    page = text(as_(bob).post("/on-call/cover/ask/", data | change), 400)
    assert words in page
    assert 'class="field-error"' in page
    assert not CoverRequest.objects.exists()


def test_the_link_shows_the_difference_and_accepts_with_one_tap(
    three: Schedule, bob: User, carol: User
) -> None:
    request = asks(bob, three, asked_of=carol)
    url = f"/on-call/cover/{request.pk}/"
    page = text(as_(carol).get(url))
    assert "What a yes changes" in page
    assert "<del>" in page
    assert "I cover" in page
    assert "I cover" not in text(as_(bob).get(url))
    assert as_(carol).post(url, {"answer": "accept"})["Location"] == url
    assert on_call(three, BOBS[0] + timedelta(days=1)) == ["Carol"]
    assert "Accepted by Carol" in text(as_(bob).get(url))


def test_who_is_second_is_told_who_was_first(three: Schedule, alice: User, bob: User, carol: User) -> None:
    url = f"/on-call/cover/{asks(bob, three).pk}/"
    as_(carol).post(url, {"answer": "accept"})
    assert "was accepted by Carol" in text(as_(alice).post(url, {"answer": "accept"}), 409)


def test_declining_takes_a_reason_and_none(three: Schedule, bob: User, carol: User) -> None:
    request = asks(bob, three, asked_of=carol)
    as_(carol).post(f"/on-call/cover/{request.pk}/", {"answer": "decline", "reason": "Away"})
    request.refresh_from_db()
    assert (request.state, request.answer) == ("declined", "Away")


def test_withdrawing_is_a_button(three: Schedule, bob: User, carol: User) -> None:
    request = asks(bob, three, asked_of=carol)
    page = text(as_(bob).get(f"/on-call/cover/{request.pk}/"))
    assert "Withdraw the request" in page
    as_(bob).post(f"/on-call/cover/{request.pk}/withdraw/")
    request.refresh_from_db()
    assert request.state == "withdrawn"


def test_what_is_asked_of_me_waits_on_the_start_page_and_the_on_call_page(
    three: Schedule, bob: User, carol: User
) -> None:
    asks(bob, three, asked_of=carol)
    assert "Cover for Bob?" in text(as_(carol).get("/"))
    assert "Bob asks you for cover" in text(as_(carol).get("/on-call/"))
    assert "You asked Carol" in text(as_(bob).get("/on-call/cover/"))


def test_the_pager_is_taken_with_one_tap(three: Schedule, bob: User) -> None:
    assert "Alice" in text(as_(bob).get("/on-call/take/platform/"))
    assert as_(bob).post("/on-call/take/platform/")["Location"] == "/on-call/"
    assert on_call(three, NOON) == ["Bob"]


def test_an_end_of_taking_that_has_passed_stands_beside_its_field(three: Schedule, bob: User) -> None:
    page = text(as_(bob).post("/on-call/take/platform/", {"until": "2026-03-24T10:00"}), 400)
    assert "This has passed: say until when you have the pager." in page
    assert not Override.objects.exists()


def test_shadows_begin_and_end_on_their_page(three: Schedule, bob: User) -> None:
    as_(bob).post("/on-call/shadows/", {"schedule": "platform"})
    shadow = Shadow.objects.get()
    assert shadow.user == bob
    assert "Shadow" in text(as_(bob).get("/on-call/shadows/"))
    as_(bob).post(f"/on-call/shadows/{shadow.pk}/end/")
    shadow.refresh_from_db()
    assert shadow.ends_at == NOON


def test_the_hand_over_is_confirmed_on_its_page(
    noon: time_machine.Traveller, three: Schedule, alice: User, bob: User
) -> None:
    SHIFT_CHANGES.sweep(clock.now())
    noon.move_to(BOBS[0], tick=False)
    SHIFT_CHANGES.sweep(clock.now())
    change = ShiftChange.objects.get()
    assert "Do you have the pager?" in text(as_(bob).get("/"))
    assert "I have the pager" in text(as_(bob).get(f"/on-call/hand-over/{change.pk}/"))
    assert "I have the pager" not in text(as_(alice).get(f"/on-call/hand-over/{change.pk}/"))
    assert as_(alice).post(f"/on-call/hand-over/{change.pk}/confirm/").status_code == 403
    as_(bob).post(f"/on-call/hand-over/{change.pk}/confirm/")
    assert "Bob has the pager" in text(as_(alice).get(f"/on-call/hand-over/{change.pk}/"))
    assert "confirmed" in text(as_(alice).get("/on-call/hand-over/"))


def api(user: User) -> Any:
    token = builders.api_key(user)
    client = Client(headers={"Authorization": f"Bearer {token}"})

    def call(path: str, data: dict[str, Any] | None = None, **headers: str) -> Any:
        if data is None:
            return client.get(f"/api/v1/{path}")
        return client.post(f"/api/v1/{path}", data, content_type="application/json", headers=headers)

    return call


def test_the_api_asks_answers_and_lists(three: Schedule, bob: User, carol: User) -> None:
    bobs, carols = api(bob), api(carol)
    body = {
        "schedule": "platform",
        "starts_at": BOBS[0].isoformat(),
        "ends_at": BOBS[1].isoformat(),
        "asked_of": carol.pk,
    }
    made = [bobs("cover-requests", body, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    [row] = carols("cover-requests").json()
    detail = carols(f"cover-requests/{row['id']}").json()
    assert [person["name"] for person in detail["changes"][0]["will_be"]] == ["Carol"]
    assert carols(f"cover-requests/{row['id']}/accept", {}).json()["state"] == "accepted"
    refused = bobs(f"cover-requests/{row['id']}/withdraw", {})
    assert refused.status_code == 409
    assert "was accepted by Carol" in refused.content.decode()
    assert on_call(three, BOBS[0]) == ["Carol"]


def test_the_api_takes_shadows_and_confirms(
    noon: time_machine.Traveller, three: Schedule, bob: User, carol: User
) -> None:
    carols = api(carol)
    assert carols("schedules/platform/take", {}).json()["user"]["name"] == "Carol"
    assert carols("schedules/platform/shadows", {"user": bob.pk}).status_code == 201
    assert len(carols("schedules/platform/shadows").json()) == 1
    SHIFT_CHANGES.sweep(clock.now())
    noon.move_to(BOBS[0], tick=False)
    SHIFT_CHANGES.sweep(clock.now())
    change, taken = carols("hand-overs").json()["results"]
    assert (taken["incoming"]["name"], bool(taken["acknowledged_at"])) == ("Carol", True)
    assert api(bob)(f"hand-overs/{change['id']}/confirm", {}).json()["acknowledged_at"]
    assert carols(f"hand-overs/{change['id']}/confirm", {}).status_code == 403


def test_nobody_is_told_by_mail_of_what_they_did_themselves(three: Schedule, bob: User) -> None:
    as_(bob).post("/on-call/take/platform/")
    assert not Delivery.objects.filter(user=bob).exists()


def test_a_shift_that_is_no_longer_mine_is_refused_with_words(
    three: Schedule, bob: User, carol: User
) -> None:
    page = text(as_(bob).post("/on-call/cover/ask/", {"shift": key(three, carol, CAROLS)}), 400)
    assert "The rota has changed meanwhile" in page


def test_who_has_the_pager_alone_is_offered_nothing_to_take(three: Schedule, alice: User) -> None:
    page = text(as_(alice).get("/on-call/take/platform/"))
    assert "there is nothing to take" in page
    assert "Take it now" not in page
