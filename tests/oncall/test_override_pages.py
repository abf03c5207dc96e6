"""An override as a page: what changes is shown before it is saved, and what makes no sense is said beside its field."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from oncall.models import Absence, Override, Schedule
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
URL = "/on-call/platform/override/"
HTMX = {"HX-Request": "true"}
DAY = timedelta(days=1)


@pytest.fixture
def schedule(alice: User, bob: User, carol: User) -> Schedule:
    return builders.rota("Platform", alice, bob)


@pytest.fixture
def bobs(client: Client, bob: User) -> Client:
    with time_machine.travel(NOON, tick=False):
        client.force_login(bob)
    return client


def send(client: Client, url: str, data: dict[str, Any], status: int, **options: Any) -> Any:
    with time_machine.travel(NOON, tick=False):
        response = client.post(url, data, **options)
    assert response.status_code == status
    return response


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def given(user: User, **changes: Any) -> dict[str, Any]:
    """What the form sends for the whole of 26 March, UTC."""
    fields = {
        "user": user.pk,
        "kind": "replace",
        "starts_at": "2026-03-26T00:00",
        "ends_at": "2026-03-27T00:00",
    }
    return {**fields, "zone": "UTC", "reason": "", **changes}


def test_the_link_of_a_shift_fills_the_form_from_now_at_the_earliest(
    bobs: Client, schedule: Schedule
) -> None:
    with time_machine.travel(NOON, tick=False):
        page = text(bobs.get(f"{URL}?start=2026-03-23T09:00:00Z&end=2026-03-30T08:00:00Z&zone=Europe/London"))
    assert 'value="2026-03-25T12:00"' in page
    assert 'value="2026-03-30T09:00"' in page
    assert "Times are in Europe/London." in page


def test_the_change_is_shown_as_a_difference_of_shifts_and_nothing_is_saved(
    bobs: Client, schedule: Schedule, carol: User
) -> None:
    page = text(send(bobs, URL, given(carol, preview="1"), 200))
    assert "Thu 26 Mar 00:00 – Fri 27 Mar 00:00 UTC" in page
    assert page.index('<span class="person-name">Alice') < page.index('<span class="person-name">Carol')
    assert "Nobody would be on call" not in page
    assert not Override.objects.exists()


def test_a_gap_that_it_makes_is_red_and_said_in_words(bobs: Client, schedule: Schedule, alice: User) -> None:
    page = text(send(bobs, f"{URL}preview/", given(alice, kind="remove"), 200))
    assert "Nobody would be on call for a part of this time" in page
    assert "data-gap" in page


def test_a_change_of_nothing_says_so(bobs: Client, schedule: Schedule, alice: User) -> None:
    assert "Nothing: the same people are on call" in text(send(bobs, f"{URL}preview/", given(alice), 200))


def test_an_absence_and_another_override_are_told_before_saving(
    bobs: Client, schedule: Schedule, alice: User, carol: User
) -> None:
    begin = datetime(2026, 3, 26, 12, tzinfo=UTC)
    Absence.objects.create(user=carol, starts_at=begin, ends_at=begin + DAY)
    Override.objects.create(schedule=schedule, user=alice, starts_at=begin, ends_at=begin + DAY)
    page = text(send(bobs, f"{URL}preview/", given(carol), 200))
    assert "Carol is away Thu 26 Mar 12:00 – Fri 27 Mar 12:00" in page
    assert "Another override is in this time: Replace Alice" in page


def test_saving_puts_it_in_and_leads_back_to_the_calendar_as_it_was(
    bobs: Client, schedule: Schedule, bob: User, carol: User
) -> None:
    answer = send(bobs, URL, given(carol, reason="dentist", back="view=week"), 302)
    assert answer["Location"] == "/on-call/?view=week"
    row = Override.objects.get()
    assert (row.user, row.kind, row.reason, row.created_by) == (carol, "replace", "dentist", bob)
    assert row.starts_at == datetime(2026, 3, 26, tzinfo=UTC)


def test_times_count_in_the_zone_that_the_calendar_showed(
    bobs: Client, schedule: Schedule, carol: User
) -> None:
    send(
        bobs,
        URL,
        given(carol, zone="Europe/London", starts_at="2026-04-01T09:00", ends_at="2026-04-01T17:00"),
        302,
    )
    assert Override.objects.get().starts_at == datetime(2026, 4, 1, 8, tzinfo=UTC)


def test_sent_twice_is_saved_once(bobs: Client, schedule: Schedule, carol: User) -> None:
    for _ in range(2):
        send(bobs, URL, given(carol, idempotency_key="k"), 302)
    assert Override.objects.count() == 1


def test_the_dialog_is_told_where_to_go_on(bobs: Client, schedule: Schedule, carol: User) -> None:
    answer = send(bobs, URL, given(carol, back="view=week"), 204, headers=HTMX)
    assert answer["HX-Redirect"] == "/on-call/?view=week"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"user": ""}, "Choose a person."),
        ({"user": "99999999"}, "This person cannot be on call."),
        ({"kind": "dance"}, "Choose replace, add or remove."),
        ({"starts_at": ""}, "Choose a date and a time."),
        ({"starts_at": "soon"}, "Write a date and a time like 2026-03-28T09:00."),
        ({"starts_at": "2026-02-30T09:00"}, "Write a date and a time like 2026-03-28T09:00."),
        ({"ends_at": "2026-03-25T23:00"}, "The override would end before it begins."),
        ({"starts_at": "2026-03-01T00:00"}, "This start has passed"),
        ({"ends_at": "2028-03-27T00:00"}, "An override lasts a year at most."),
        ({"ends_at": "9999-12-31T23:59"}, "Choose a time between the years 2000 and 2100."),
        (
            {"zone": "Europe/London", "starts_at": "2026-03-29T01:30", "ends_at": "2026-03-30T00:00"},
            "01:30 does not exist on this day: the clocks go forward. Choose 02:00 or later.",
        ),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_nothing_is_lost(
    bobs: Client, schedule: Schedule, carol: User, changes: dict[str, str], sentence: str
) -> None:
    page = text(send(bobs, URL, given(carol, reason="my long story") | changes, 400))
    assert sentence in page
    assert "my long story" in page
    assert not Override.objects.exists()
    assert sentence in text(send(bobs, f"{URL}preview/", given(carol) | changes, 400))


def test_the_same_override_twice_is_refused_before_and_while_saving(
    bobs: Client, schedule: Schedule, carol: User
) -> None:
    send(bobs, URL, given(carol), 302)
    for url in (f"{URL}preview/", URL):
        assert "Carol has the same override from 2026-03-26 00:00" in text(send(bobs, url, given(carol), 400))


def test_a_time_that_comes_twice_starts_with_the_first_and_ends_with_the_last(
    bobs: Client, schedule: Schedule, carol: User
) -> None:
    times = {"starts_at": "2026-10-25T01:30", "ends_at": "2026-10-25T01:30"}
    send(bobs, URL, given(carol, zone="Europe/London", **times), 302)
    row = Override.objects.get()
    assert (row.starts_at.hour, row.ends_at.hour) == (0, 1)


def test_an_override_can_be_moved(bobs: Client, schedule: Schedule, carol: User) -> None:
    send(bobs, URL, given(carol), 302)
    row = Override.objects.get()
    moved = {"starts_at": "2026-03-26T06:00", "ends_at": "2026-03-27T06:00", "zone": "UTC", "reason": "later"}
    page = text(send(bobs, f"{URL}{row.pk}/", {**moved, "preview": "1"}, 200))
    assert "Thu 26 Mar 00:00 – Thu 26 Mar 06:00 UTC" in page  # Alice has it again
    assert "Fri 27 Mar 00:00 – Fri 27 Mar 06:00 UTC" in page
    send(bobs, f"{URL}{row.pk}/", moved, 302)
    row.refresh_from_db()
    assert (row.starts_at, row.reason) == (datetime(2026, 3, 26, 6, tzinfo=UTC), "later")


def test_one_that_has_begun_keeps_its_start(bobs: Client, schedule: Schedule, carol: User) -> None:
    begun = NOON - timedelta(hours=1, seconds=17)
    row = Override.objects.create(schedule=schedule, user=carol, starts_at=begun, ends_at=NOON + DAY)
    with time_machine.travel(NOON, tick=False):
        page = text(bobs.get(f"{URL}{row.pk}/"))
    assert "only its end can be moved" in page
    assert 'name="starts_at"' not in page
    send(bobs, f"{URL}{row.pk}/", {"ends_at": "2026-03-25T18:00", "zone": "UTC"}, 302)
    row.refresh_from_db()
    assert (row.starts_at, row.ends_at) == (begun, NOON + timedelta(hours=6))


def test_taking_one_back_twice_is_once(bobs: Client, schedule: Schedule, carol: User) -> None:
    row = Override.objects.create(schedule=schedule, user=carol, starts_at=NOON + DAY, ends_at=NOON + 2 * DAY)
    for _ in range(2):
        assert (
            send(bobs, f"{URL}{row.pk}/take-back/", {"back": "view=day"}, 302)["Location"]
            == "/on-call/?view=day"
        )
    assert not Override.objects.exists()


def test_what_is_not_there_is_not_found(bobs: Client, schedule: Schedule) -> None:
    with time_machine.travel(NOON, tick=False):
        assert bobs.get("/on-call/nowhere/override/").status_code == 404
        assert bobs.get(f"{URL}999999/").status_code == 404
    send(bobs, f"{URL}preview/", {"override": "999999"}, 404)


def test_who_may_only_look_cannot_change_anything(
    client: Client, schedule: Schedule, dave: User, carol: User
) -> None:
    with time_machine.travel(NOON, tick=False):
        client.force_login(dave)
        assert client.get(URL).status_code == 403
    send(client, URL, given(carol), 403)
    send(client, f"{URL}preview/", given(carol), 403)


def test_nobody_gets_there_without_signing_in(client: Client, schedule: Schedule) -> None:
    assert client.get(URL).status_code == 302
    assert client.delete(URL).status_code in {302, 405}
