"""Shifts as a calendar that other programs subscribe to: read as those programs read it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from icalendar import Calendar

from accounts.actor import Actor
from accounts.models import AuditEntry, User
from oncall.feeds import links
from oncall.models import CalendarLink, Override, Schedule
from tests import builders
from tests.builders import NOON
from tests.support.api import Api, fault

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_noon")]
DAY = timedelta(days=1)


@pytest.fixture
def at_noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def rota(alice: User, bob: User) -> Schedule:
    """Alice has the week of ``NOON``, Bob the next one."""
    return builders.rota("Platform", alice, bob)


def address(user: User, **options: Any) -> str:
    return links.create(by=Actor.of(user), user=user, **options).url.removeprefix("http://127.0.0.1:8000")


def read(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def events(path: str) -> list[Any]:
    answer = read(path)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).events)


def uids(path: str) -> dict[datetime, str]:
    return {event.start: str(event["uid"]) for event in events(path)}


def override(rota: Schedule, user: User, starts_at: datetime, ends_at: datetime, **more: Any) -> Override:
    return Override.objects.create(schedule=rota, user=user, starts_at=starts_at, ends_at=ends_at, **more)


def test_ones_own_shifts_of_every_schedule(rota: Schedule, alice: User, bob: User) -> None:
    builders.rota("Data", alice)
    found = [(event.start, str(event["summary"])) for event in events(address(bob))]
    assert (datetime(2026, 3, 30, 8, tzinfo=UTC), "On call: Platform") in found
    assert {summary for _, summary in found[:-1]} == {"On call: Platform"}
    summaries = {str(event["summary"]).removesuffix(", and on") for event in events(address(alice))}
    assert summaries == {"On call: Platform", "On call: Data"}


def test_a_whole_schedule_says_whose_shift_it_is(rota: Schedule, dave: User) -> None:
    found = [str(event["summary"]) for event in events(address(dave, schedule=rota))]
    assert {"Alice on call (Platform)", "Bob on call (Platform)"} <= set(found)


def test_each_shift_is_written_out_from_30_days_back_to_a_year_ahead(rota: Schedule, alice: User) -> None:
    path = address(alice)
    found = events(path)
    assert all("rrule" not in event for event in found)
    assert min(event.end for event in found) > NOON - 31 * DAY
    assert max(event.end for event in found) == datetime(2027, 3, 25, tzinfo=UTC)
    assert len(found) == 29


def test_a_shift_that_goes_on_after_the_last_day_is_marked(rota: Schedule, dave: User) -> None:
    last = max(events(address(dave, schedule=rota)), key=lambda event: event.end)
    assert str(last["summary"]).endswith(", and on")
    assert "goes on" in str(last["description"])


def test_shifts_block_no_time_and_are_in_utc(rota: Schedule, alice: User) -> None:
    event = events(address(alice))[0]
    assert event["transp"] == "TRANSPARENT"
    assert event["dtstart"].to_ical().endswith(b"Z")
    assert event.alarms.times == []


def test_an_alarm_rings_before_the_shift(rota: Schedule, alice: User) -> None:
    event = next(e for e in events(address(alice, alarm_minutes=15)) if e.start > NOON)
    [alarm] = event.alarms.times
    assert event.start - alarm.trigger == timedelta(minutes=15)


def test_lines_end_in_crlf_are_folded_and_escaped(alice: User) -> None:
    schedule = builders.rota("Zahlungen; Büro, Köln " + "sehr lang, " * 8 + "ja", alice, slug="z")
    content = read(address(alice)).content
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert str(Calendar.from_ical(content).events[0]["summary"]) == f"On call: {schedule}, and on"


def test_no_reason_that_somebody_typed_is_given_away(rota: Schedule, bob: User) -> None:
    override(rota, bob, NOON + DAY, NOON + 2 * DAY, reason="Alice is ill, call 0171 555123")
    content = read(address(bob)).content
    assert b"555123" not in content
    assert b"Override." in content


def test_what_is_changed_elsewhere_changes_no_identity(rota: Schedule, alice: User, bob: User) -> None:
    path = address(bob)
    before = uids(path)
    override(rota, bob, NOON + DAY, NOON + 2 * DAY)
    after = uids(path)
    assert len(set(after.values())) == len(after) == len(before) + 1
    assert before.items() <= after.items()


def test_a_shift_keeps_its_identity_when_its_start_or_end_moves(
    rota: Schedule, alice: User, bob: User
) -> None:
    path, monday = address(bob), datetime(2026, 3, 30, 8, tzinfo=UTC)
    before = uids(path)[monday]
    cut = override(rota, alice, monday, monday + DAY)
    assert uids(path)[monday + DAY] == before
    Override.objects.filter(pk=cut.pk).update(starts_at=monday + 2 * DAY, ends_at=monday + 3 * DAY)
    assert uids(path)[monday] == before
    cut.delete()
    assert uids(path)[monday] == before


def test_an_override_keeps_its_identity_when_it_is_moved(rota: Schedule, carol: User) -> None:
    path = address(carol)
    row = override(rota, carol, NOON + DAY, NOON + 2 * DAY)
    before = uids(path)
    Override.objects.filter(pk=row.pk).update(starts_at=NOON + 1.5 * DAY, ends_at=NOON + 3 * DAY)
    assert list(uids(path).values()) == list(before.values())


@pytest.mark.parametrize("days", [1, 45, 120, 200])
def test_shifts_keep_their_identity_as_time_passes(rota: Schedule, alice: User, days: int) -> None:
    path = address(alice)
    before = uids(path)
    with time_machine.travel(NOON + days * DAY, tick=False):
        after = uids(path)
    both = before.keys() & after.keys()
    assert len(both) >= 10
    assert {start: before[start] for start in both} == {start: after[start] for start in both}


def test_a_program_that_has_it_already_is_told_so(rota: Schedule, alice: User, carol: User) -> None:
    path = address(alice)
    first = read(path)
    assert first["Cache-Control"].startswith("private")
    assert read(path, if_none_match=first["ETag"]).status_code == 304
    assert read(path, if_modified_since=first["Last-Modified"]).status_code == 304
    with time_machine.travel(NOON + timedelta(minutes=5), tick=False):
        assert read(path, if_none_match=first["ETag"]).status_code == 304
        override(rota, carol, NOON + DAY, NOON + 2 * DAY)
        assert read(path, if_none_match=first["ETag"]).status_code == 200
        assert read(path, if_modified_since=first["Last-Modified"]).status_code == 200


def test_reading_is_written_down_at_most_once_an_hour(
    rota: Schedule, alice: User, django_assert_num_queries: Any
) -> None:
    path = address(alice)
    read(path)
    link = CalendarLink.objects.get()
    assert link.used_at == NOON
    with time_machine.travel(NOON + timedelta(minutes=59), tick=False):
        read(path)
        link.refresh_from_db()
        assert link.used_at == NOON
    with time_machine.travel(NOON + timedelta(minutes=60), tick=False):
        read(path)
        link.refresh_from_db()
        assert link.used_at == NOON + timedelta(minutes=60)


def test_the_queries_do_not_grow_with_schedules(alice: User, django_assert_max_num_queries: Any) -> None:
    path = address(alice)
    for number in range(6):
        builders.rota(f"Rota {number}", alice)
    with django_assert_max_num_queries(14):
        read(path)


@pytest.mark.parametrize("what", ["unknown", "revoked", "gone"])
def test_an_address_that_nobody_may_use_is_not_there(rota: Schedule, alice: User, what: str) -> None:
    path = address(alice)
    if what == "unknown":
        path = path.replace(".ics", "x.ics")
    if what == "revoked":
        links.revoke(by=Actor.of(alice), link=CalendarLink.objects.get())
    if what == "gone":
        User.objects.filter(pk=alice.pk).update(is_active=False)
    answer = read(path)
    assert answer.status_code == 404
    assert "Alice" not in answer.content.decode()


def test_only_a_digest_is_kept(alice: User) -> None:
    token = address(alice).rpartition("/")[2].removesuffix(".ics")
    link = CalendarLink.objects.get()
    assert len(token) == 43
    assert token not in str(CalendarLink.objects.values().get())
    assert token not in str(list(AuditEntry.objects.values()))
    assert link.token_hash == links.digest(token)


def test_the_page_makes_shows_once_and_revokes_an_address(
    rota: Schedule, alice: User, client: Client
) -> None:
    client.force_login(alice)
    made = client.post("/me/calendars/", {"schedule": rota.pk, "alarm_minutes": "60"})
    url = made.context["new"].url
    assert url in made.content.decode()
    assert url not in client.get("/me/calendars/").content.decode()
    assert read(url.removeprefix("http://127.0.0.1:8000")).status_code == 200
    link = CalendarLink.objects.get()
    assert client.post(f"/me/calendars/{link.pk}/revoke/").status_code == 302
    assert client.post(f"/me/calendars/{link.pk}/revoke/").status_code == 302
    assert read(url.removeprefix("http://127.0.0.1:8000")).status_code == 404
    assert AuditEntry.objects.filter(action="calendar_link.revoked").count() == 1


def test_a_wrong_choice_is_criticised_beside_its_field(alice: User, client: Client) -> None:
    client.force_login(alice)
    answer = client.post("/me/calendars/", {"alarm_minutes": "7"})
    assert answer.status_code == 400
    assert answer.context["form"].errors["alarm_minutes"]


def test_twenty_addresses_are_the_most(alice: User, client: Client) -> None:
    for _ in range(20):
        address(alice)
    client.force_login(alice)
    answer = client.post("/me/calendars/", {})
    assert answer.status_code == 400
    assert "Revoke one first" in answer.content.decode()


def test_the_same_over_the_api(rota: Schedule, as_dave: Api) -> None:
    made = as_dave.post("me/calendar-links", schedule="platform", alarm_minutes=30)
    assert made.status_code == 201
    path = made.json()["url"].removeprefix("http://127.0.0.1:8000")
    assert read(path).status_code == 200
    [row] = as_dave.get("me/calendar-links").json()
    assert row["schedule"] == "platform"
    assert "url" not in row
    assert as_dave.delete(f"me/calendar-links/{row['id']}").status_code == 204
    assert read(path).status_code == 404
    assert fault(as_dave.post("me/calendar-links", alarm_minutes=-5))[2] == "alarm_minutes"
    assert as_dave.post("me/calendar-links", schedule="nonsense").status_code == 400
