"""Being away: typed in or read from a calendar, seen by others, and warned of when it meets a shift."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.actor import Actor
from accounts.models import AuditEntry, User
from communications.models import Delivery
from oncall.absences import absent, add_absence
from oncall.due import ABSENCES
from oncall.models import Absence, ForeignCalendar, Override, Schedule
from tests import builders
from tests.builders import NOON
from tests.support.api import Api, fault

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def rota(alice: User, bob: User) -> Schedule:
    """Alice has the week of ``NOON``, Bob the next one."""
    return builders.rota("Platform", alice, bob)


def away(user: User, first: date, last: date) -> Absence:
    return add_absence(by=Actor.of(user), user=user, first=first, last=last)


def mails(user: User) -> list[str]:
    rows = Delivery.objects.filter(user=user, transport="email").order_by("pk")
    return [row.payload["text"] for row in rows]


def test_whole_days_are_those_of_the_persons_zone(alice: User, client: Client) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Europe/Berlin")
    client.force_login(User.objects.get(pk=alice.pk))
    answer = client.post("/me/absence/", {"first": "2026-03-28", "last": "2026-03-29", "reason": "Skiing"})
    assert answer.status_code == 302
    row = Absence.objects.get()
    assert (row.starts_at, row.ends_at) == (
        datetime(2026, 3, 27, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
    )
    assert absent([row.user], NOON, NOON + 7 * DAY) == {alice.pk: [row]}
    assert absent([row.user], row.ends_at, row.ends_at + DAY) == {}
    assert "Skiing" in client.get("/me/absence/").content.decode()
    client.post(f"/me/absence/{row.pk}/remove/")
    assert client.post(f"/me/absence/{row.pk}/remove/").status_code == 404
    assert Absence.objects.count() == 0


@pytest.mark.parametrize(
    ("first", "last", "field", "sentence"),
    [
        ("2026-04-02", "2026-04-01", "last", "end before it begins"),
        ("2026-03-01", "2026-03-02", "last", "have passed"),
        ("2026-04-01", "2027-06-01", "last", "a year at most"),
        ("1026-04-01", "1026-04-01", "first", "2000 and 2100"),
        ("rubbish", "2026-04-01", "first", "valid date"),
    ],
)
def test_days_that_make_no_sense_are_criticised_beside_their_field(
    alice: User, client: Client, first: str, last: str, field: str, sentence: str
) -> None:
    client.force_login(alice)
    answer = client.post("/me/absence/", {"first": first, "last": last})
    assert answer.status_code == 400
    assert sentence in str(answer.context["form"].errors[field])


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("rubbish", "begins with https"),
        ("ftp://calendar.example/x.ics", "begins with https"),
        ("https://user:secret@calendar.example/x.ics", "user name and password"),
        ("https://10.1.2.3/x.ics", "private network"),
        ("http://localhost/x.ics", "private network"),
        ("http://a.localhost/x.ics", "private network"),
        ("http://0x7f000001/x.ics", "private network"),
        ("http://127.1/x.ics", "private network"),
        ("http://2130706433/x.ics", "private network"),
        ("http://0/x.ics", "private network"),
        ("https://example.com:0/x.ics", "begins with https://"),
        ("https://[::1/x.ics", "not an address"),
        ("https://calendar.example/" + "x" * 520, "longer than 500"),
    ],
)
def test_an_address_that_cannot_be_read_is_criticised_at_once(
    alice: User, client: Client, url: str, sentence: str
) -> None:
    client.force_login(alice)
    answer = client.post("/me/absence/calendars/add/", {"url": url})
    assert answer.status_code == 400
    assert sentence in str(answer.context["calendar_form"].errors["url"])
    assert ForeignCalendar.objects.count() == 0


def test_a_calendar_is_added_read_again_and_removed(alice: User, client: Client) -> None:
    client.force_login(alice)
    address = "webcal://calendar.example/private-7f3a/basic.ics"
    assert client.post("/me/absence/calendars/add/", {"url": address}).status_code == 302
    assert client.post("/me/absence/calendars/add/", {"url": address}).status_code == 400
    row = ForeignCalendar.objects.get()
    assert (row.due_at, row.user) == (NOON, alice)
    assert "private-7f3a" not in str(list(AuditEntry.objects.values()))
    assert "private-7f3a" not in client.get("/me/absence/").content.decode()
    ForeignCalendar.objects.update(
        due_at=NOON + DAY, error="There is no calendar at this address (any more)."
    )
    assert "There is no calendar" in client.get("/me/absence/").content.decode()
    client.post(f"/me/absence/calendars/{row.pk}/read/")
    row.refresh_from_db()
    assert row.due_at == NOON
    client.post(f"/me/absence/calendars/{row.pk}/remove/")
    assert ForeignCalendar.objects.count() == 0


def test_on_call_while_away_is_told_once_for_each_shift(rota: Schedule, alice: User, bob: User) -> None:
    away(alice, date(2026, 3, 28), date(2026, 3, 29))
    away(bob, date(2026, 3, 28), date(2026, 3, 29))
    assert ABSENCES.next_due() == NOON
    assert ABSENCES.sweep(NOON) == 2
    [mail] = mails(alice)
    assert "You are on call for Platform while you are away: Sat 28 Mar 00:00" in mail
    assert mails(bob) == []
    with time_machine.travel(NOON + DAY, tick=False):
        assert ABSENCES.sweep(NOON + DAY) == 2
    assert len(mails(alice)) == 1


def test_a_shift_that_comes_later_is_noticed(rota: Schedule, alice: User, carol: User) -> None:
    away(carol, date(2026, 3, 28), date(2026, 3, 29))
    ABSENCES.sweep(NOON)
    assert mails(carol) == []
    Override.objects.create(schedule=rota, user=carol, starts_at=NOON + 3 * DAY, ends_at=NOON + 4 * DAY)
    with time_machine.travel(NOON + timedelta(hours=6), tick=False):
        ABSENCES.sweep(NOON + timedelta(hours=6))
    assert len(mails(carol)) == 1


def test_an_absence_far_ahead_waits_and_one_that_is_over_is_left_alone(rota: Schedule, alice: User) -> None:
    row = away(alice, date(2026, 6, 1), date(2026, 6, 2))
    assert ABSENCES.next_due() == row.starts_at - 28 * DAY
    with time_machine.travel(row.ends_at - timedelta(hours=1), tick=False):
        ABSENCES.sweep(row.ends_at - timedelta(hours=1))
    assert ABSENCES.next_due() is None


def test_the_page_warns_of_the_shift(rota: Schedule, alice: User, client: Client) -> None:
    client.force_login(alice)
    away(alice, date(2026, 3, 28), date(2026, 3, 29))
    page = client.get("/me/absence/")
    assert "while you are away" in page.content.decode()
    [clash] = page.context["clashes"]
    assert client.get(clash.ask_path).status_code == 200


def test_the_same_over_the_api(as_bob: Api, as_alice: Api) -> None:
    made = as_bob.post("me/absences", first="2026-04-01", last="2026-04-02", once="k")
    again = as_bob.post("me/absences", first="2026-04-01", last="2026-04-02", once="k")
    assert (made.status_code, again.json()["id"]) == (201, made.json()["id"])
    assert fault(as_bob.post("me/absences", first="2026-04-02", last="2026-04-01"))[2] == "last"
    assert len(as_bob.get("me/absences").json()) == 1
    assert as_alice.delete(f"me/absences/{made.json()['id']}").status_code == 404
    assert as_bob.delete(f"me/absences/{made.json()['id']}").status_code == 204
    calendar = as_bob.post("me/absence-calendars", url="https://calendar.example/s3cret.ics")
    assert (calendar.status_code, calendar.json()["host"]) == (201, "calendar.example")
    assert "s3cret" not in calendar.content.decode()
    assert as_bob.post(f"me/absence-calendars/{calendar.json()['id']}/read").status_code == 202
    assert as_bob.delete(f"me/absence-calendars/{calendar.json()['id']}").status_code == 204
