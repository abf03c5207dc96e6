"""Calendars of others, read from a real server: what they say becomes rows, and what is wrong with them a sentence."""

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django_q.models import OrmQ
from pytest_django import Settings

from accounts.models import User
from oncall.due import CALENDARS
from oncall.foreign.fetching import fetch
from oncall.foreign.parsing import parse
from oncall.foreign.problems import CalendarProblem
from oncall.models import Absence, ForeignCalendar, ForeignShift, Layer, Schedule
from oncall.rota import load_spec, resolve
from oncall.tasks import read_calendar
from tests.builders import NOON
from tests.support.http_sink import HANG, HttpReply, HttpSink

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
EACH_MINUTE = ",".join(map(str, range(60)))
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n"


@pytest.fixture(autouse=True)
def at_noon(settings: Settings) -> Iterator[None]:
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    with time_machine.travel(NOON, tick=False):
        yield


def event(uid: str, start: str, end: str, *more: str) -> str:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART{start}",
        f"DTEND{end}",
        *more,
    ]
    return "\r\n".join([*lines, "END:VEVENT", ""])


def ics(*events: str, head: str = "") -> bytes:
    return f"{HEAD}{head}{''.join(events)}END:VCALENDAR\r\n".encode()


HOLIDAY = event("a", ";VALUE=DATE:20260406", ";VALUE=DATE:20260411", "SUMMARY:Skiing")


def absences_of(user: User, sink: HttpSink) -> ForeignCalendar:
    return ForeignCalendar.objects.create(
        purpose="absence", name="Leave", user=user, url=f"{sink.url}/secret.ics", due_at=NOON
    )


def shifts_at(sink: HttpSink) -> ForeignCalendar:
    return ForeignCalendar.objects.create(
        purpose="shifts", name="Rota", url=f"{sink.url}/rota.ics", due_at=NOON
    )


def run(calendar: ForeignCalendar, sink: HttpSink | None = None, body: bytes | None = None) -> None:
    """Lets the clock claim what is due, and the worker do it."""
    if sink is not None and body is not None:
        sink.answer(HttpReply(body=body, headers={"Content-Type": "text/calendar"}))
    ForeignCalendar.objects.filter(pk=calendar.pk).update(due_at=datetime.now(UTC))
    assert CALENDARS.sweep(datetime.now(UTC)) == 1
    calendar.refresh_from_db()
    read_calendar(calendar.pk, calendar.due_at.isoformat())
    calendar.refresh_from_db()


def test_an_absence_becomes_a_row_in_the_persons_own_days(alice: User, http_sink: HttpSink) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="America/New_York")
    calendar = absences_of(User.objects.get(pk=alice.pk), http_sink)
    run(calendar, http_sink, ics(HOLIDAY))
    row = Absence.objects.get()
    assert (row.starts_at, row.ends_at) == (
        datetime(2026, 4, 6, 4, tzinfo=UTC),
        datetime(2026, 4, 11, 4, tzinfo=UTC),
    )
    assert (row.user, row.reason) == (alice, "Skiing")
    assert (calendar.error, calendar.failures, calendar.fetched_at) == ("", 0, NOON)
    assert calendar.due_at == NOON + timedelta(hours=1)


def test_the_clock_hands_a_calendar_to_the_queue_once(alice: User, http_sink: HttpSink) -> None:
    calendar = absences_of(alice, http_sink)
    assert CALENDARS.next_due() == NOON
    assert [CALENDARS.sweep(NOON), CALENDARS.sweep(NOON)] == [1, 0]
    assert OrmQ.objects.count() == 1
    assert http_sink.requests() == []
    calendar.refresh_from_db()
    lease = calendar.due_at.isoformat()
    http_sink.answer(HttpReply(body=ics(HOLIDAY)))
    read_calendar(calendar.pk, lease)
    read_calendar(calendar.pk, lease)
    assert len(http_sink.requests()) == 1


def test_a_worker_that_died_is_made_up_for(alice: User, http_sink: HttpSink) -> None:
    absences_of(alice, http_sink)
    CALENDARS.sweep(NOON)
    assert CALENDARS.sweep(NOON + timedelta(minutes=1)) == 0
    assert CALENDARS.sweep(NOON + timedelta(minutes=2)) == 1


def test_what_is_to_come_is_replaced_and_what_has_begun_stays(alice: User, http_sink: HttpSink) -> None:
    calendar = absences_of(alice, http_sink)
    over = event("over", ":20260320T090000Z", ":20260325T090000Z")
    running = event("running", ":20260325T090000Z", ":20260326T090000Z")
    run(calendar, http_sink, ics(running, HOLIDAY, over))
    assert sorted(Absence.objects.values_list("uid", flat=True)) == ["a", "running"]
    longer = event("running", ":20260325T090000Z", ":20260327T090000Z")
    run(calendar, http_sink, ics(longer))
    assert [(row.uid, row.ends_at.day) for row in Absence.objects.all()] == [("running", 27)]
    run(calendar, http_sink, ics())
    row = Absence.objects.get()
    assert (row.starts_at, row.ends_at) == (datetime(2026, 3, 25, 9, tzinfo=UTC), NOON)


def test_reading_the_same_again_writes_nothing_anew(alice: User, http_sink: HttpSink) -> None:
    calendar = absences_of(alice, http_sink)
    run(calendar, http_sink, ics(HOLIDAY))
    before = Absence.objects.get().pk
    run(calendar, http_sink, ics(HOLIDAY))
    assert Absence.objects.get().pk == before


def test_an_answer_still_as_it_was_keeps_everything(alice: User, http_sink: HttpSink) -> None:
    calendar = absences_of(alice, http_sink)
    http_sink.answer(HttpReply(body=ics(HOLIDAY), headers={"ETag": '"7"'}), HttpReply(304))
    run(calendar)
    run(calendar)
    assert [request.headers.get("if-none-match") for request in http_sink.requests()] == [None, '"7"']
    assert (Absence.objects.count(), calendar.error) == (1, "")


def test_free_and_cancelled_events_are_no_absence(alice: User, http_sink: HttpSink) -> None:
    free = event("free", ":20260401T090000Z", ":20260401T100000Z", "TRANSP:TRANSPARENT")
    off = event("off", ":20260402T090000Z", ":20260402T100000Z", "STATUS:CANCELLED")
    run(absences_of(alice, http_sink), http_sink, ics(free, off))
    assert Absence.objects.count() == 0


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (HttpReply(body=b"<!DOCTYPE html><html>Log in"), "answers with a web page"),
        (HttpReply(body=b"hello"), "not a calendar"),
        (HttpReply(body=b""), "not a calendar"),
        (HttpReply(body=ics(HOLIDAY)[:-20]), "broke off"),
        (HttpReply(body=ics(HOLIDAY).replace(b"Skiing", b"Ski\xe4\xff")), "not UTF-8"),
        (HttpReply(body=b"x" * (2 * 1024 * 1024 + 1)), "larger than 2 MB"),
        (
            HttpReply(
                body=gzip.compress(b" " * (50 * 1024 * 1024)), headers={"Content-Encoding": "gzip"}
            ),
            "larger than 2 MB",
        ),
        (HttpReply(302, headers={"Location": "https://other.example/secret"}), "leads on to another at other.example"),
        (HttpReply(401), "asks for a log-in"),
        (HttpReply(404), "no calendar at this address"),
        (HttpReply(500), "status 500"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_on_the_row_and_the_old_rows_stay(
    alice: User, http_sink: HttpSink, reply: HttpReply, sentence: str
) -> None:
    calendar = absences_of(alice, http_sink)
    run(calendar, http_sink, ics(HOLIDAY))
    http_sink.answer(reply)
    run(calendar)
    assert sentence in calendar.error
    assert "secret.ics" not in calendar.error
    assert (calendar.failures, calendar.due_at) == (1, NOON + timedelta(minutes=5))
    assert (Absence.objects.count(), calendar.fetched_at) == (1, NOON)


def test_a_server_that_hangs_is_given_up(http_sink: HttpSink) -> None:
    http_sink.answer(HANG)
    with pytest.raises(CalendarProblem, match=r"did not answer in 0\.3 seconds"):
        fetch(http_sink.url, seconds=0.3)


def test_what_fails_is_tried_less_and_less_and_recovers(alice: User, http_sink: HttpSink) -> None:
    calendar = absences_of(alice, http_sink)
    http_sink.answer(then=HttpReply(500))
    pauses = []
    for _ in range(9):
        run(calendar)
        pauses.append((calendar.due_at - NOON) / timedelta(minutes=1))
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 360, 360]
    run(calendar, http_sink, ics(HOLIDAY))
    assert (calendar.error, calendar.failures) == ("", 0)


def test_a_private_address_is_never_called(alice: User, http_sink: HttpSink, settings: Settings) -> None:
    settings.ALLOWED_PRIVATE_NETWORKS = []
    calendar = absences_of(alice, http_sink)
    run(calendar)
    assert "not a public address" in calendar.error
    assert http_sink.requests() == []


def test_a_packed_calendar_and_another_charset_are_read(alice: User, http_sink: HttpSink) -> None:
    calendar = absences_of(alice, http_sink)
    body = ics(HOLIDAY.replace("Skiing", "Österreich")).decode().encode("latin-1")
    headers = {"Content-Encoding": "gzip", "Content-Type": "text/calendar; charset=ISO-8859-1"}
    http_sink.answer(HttpReply(body=gzip.compress(body), headers=headers))
    run(calendar)
    assert Absence.objects.get().reason == "Österreich"


def reading(*events: str, head: str = "", zone: str = "Europe/Berlin", **options: Any) -> Any:
    text = ics(*events, head=head).decode()
    return parse(text, zone=zone, start=NOON - DAY, end=NOON + 400 * DAY, **options)


def test_floating_times_and_days_are_of_the_calendars_zone_else_of_the_persons() -> None:
    floating = event("f", ":20260401T090000", ":20260401T100000")
    assert reading(floating).spans[0].start == datetime(2026, 4, 1, 7, tzinfo=UTC)
    head = "X-WR-TIMEZONE:Asia/Tokyo\r\n"
    assert reading(floating, head=head).spans[0].start == datetime(2026, 4, 1, 0, tzinfo=UTC)
    assert reading(HOLIDAY, head=head).spans[0].start == datetime(2026, 4, 5, 15, tzinfo=UTC)


def test_a_broken_time_zone_and_one_that_does_not_exist_count_as_the_persons() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\nDTSTART:x\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    odd = event("o", ";TZID=Odd:20260401T090000", ";TZID=Odd:20260401T100000")
    assert reading(odd, head=zone).spans[0].start == datetime(2026, 4, 1, 7, tzinfo=UTC)
    assert reading(odd).spans[0].start == datetime(2026, 4, 1, 7, tzinfo=UTC)


def test_a_repetition_keeps_its_wall_time_over_a_clock_change() -> None:
    spans = reading(
        event(
            "d",
            ";TZID=Europe/Berlin:20260328T090000",
            ";TZID=Europe/Berlin:20260328T100000",
            "RRULE:FREQ=DAILY",
        )
    ).spans
    assert [span.start.hour for span in spans[:3]] == [8, 7, 7]


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=MINUTELY", f"FREQ=DAILY;BYMINUTE={EACH_MINUTE}"])
def test_what_repeats_all_the_time_is_left_out_and_said_so(rule: str) -> None:
    found = reading(event("s", ":20260401T090000Z", ":20260401T091000Z", f"RRULE:{rule}"), HOLIDAY)
    assert [span.key for span in found.spans] == ["a"]
    assert "repeat more than 24 times a day: 1" in found.left_out


def test_endless_hours_are_cut(http_sink: HttpSink) -> None:
    found = reading(event("h", ":20260301T090000Z", ":20260301T100000Z", "RRULE:FREQ=HOURLY"))
    assert (len(found.spans), found.left_out) == (5000, "Only the first 5,000 events were read.")


def test_a_calendar_that_takes_too_long_is_stopped() -> None:
    slow = [event(f"h{n}", ":15000101T090000Z", ":15000101T091000Z", "RRULE:FREQ=HOURLY") for n in range(20)]
    with pytest.raises(CalendarProblem, match="could not be read in 1 seconds"):
        reading(*slow, seconds=1)


def test_a_broken_event_does_not_spoil_the_others() -> None:
    found = reading(event("x", ":rubbish", ":20260401T100000Z"), HOLIDAY)
    assert [span.key for span in found.spans] == ["a"]
    assert "times are broken: 1" in found.left_out


@pytest.fixture
def layer(alice: User, http_sink: HttpSink) -> Layer:
    """A layer of Platform that says what a foreign calendar says, below nothing."""
    schedule = Schedule.objects.create(name="Platform", slug="platform", time_zone="Europe/London")
    return Layer.objects.create(
        schedule=schedule,
        mode=Layer.Mode.CALENDAR,
        feed=shifts_at(http_sink),
        anchor_date=NOON.date(),
        effective_from=NOON - DAY,
    )


def on_call(layer: Layer) -> list[tuple[int | None, datetime]]:
    spec = load_spec(layer.schedule, NOON, NOON + 7 * DAY)
    return [(shift.user_id, shift.end) for shift in resolve(spec, NOON, NOON + 7 * DAY)]


def test_a_foreign_calendar_says_who_is_on_call(
    layer: Layer, alice: User, bob: User, http_sink: HttpSink
) -> None:
    by_mail = event("1", ":20260325T090000Z", ":20260326T090000Z", "SUMMARY:On call",
                    "ATTENDEE:mailto:ALICE@example.org", "TRANSP:TRANSPARENT")  # fmt: skip
    by_name = event("2", ":20260326T090000Z", ":20260327T090000Z", "SUMMARY:bob")
    nobody = event("3", ":20260327T090000Z", ":20260328T090000Z", "SUMMARY:Zoe")
    assert layer.feed is not None
    run(layer.feed, http_sink, ics(by_mail, by_name, nobody))
    assert on_call(layer)[:3] == [
        (alice.pk, NOON + timedelta(hours=21)),
        (bob.pk, NOON + timedelta(hours=45)),
        (None, NOON + 7 * DAY),
    ]
    assert layer.feed.unmatched == ["Zoe"]
    layer.schedule.refresh_from_db()
    assert layer.schedule.next_change_at is None or layer.schedule.next_change_at <= NOON


def test_who_was_on_call_until_now_stays_so(
    layer: Layer, alice: User, bob: User, http_sink: HttpSink
) -> None:
    assert layer.feed is not None
    times = (":20260325T090000Z", ":20260326T090000Z")
    run(layer.feed, http_sink, ics(event("1", *times, "SUMMARY:Alice")))
    assert ForeignShift.objects.get().starts_at == NOON  # nobody was before this was read
    with time_machine.travel(NOON + timedelta(hours=2), tick=False):
        run(layer.feed, http_sink, ics(event("1", *times, "SUMMARY:Bob")))
    rows = [(row.user.name, row.starts_at, row.ends_at) for row in ForeignShift.objects.order_by("pk")]
    later = NOON + timedelta(hours=2)
    assert rows == [("Alice", NOON, later), ("Bob", later, datetime(2026, 3, 26, 9, tzinfo=UTC))]


def test_an_admin_adds_a_calendar_and_has_it_read(erin: User, client: Client, http_sink: HttpSink) -> None:
    client.force_login(erin)
    path = "/admin/oncall/foreigncalendar/"
    form = {
        "name": "Rota",
        "purpose": "shifts",
        "user": "",
        "url": "webcal://calendar.example/x.ics",
        "is_active": "on",
    }
    assert client.post(f"{path}add/", form).status_code == 302
    calendar = ForeignCalendar.objects.get()
    assert (calendar.url, calendar.due_at) == ("https://calendar.example/x.ics", NOON)
    ForeignCalendar.objects.update(due_at=NOON + DAY, etag="x")
    assert client.post(path, {"action": "read_selected", "_selected_action": calendar.pk}).status_code == 302
    calendar.refresh_from_db()
    assert (calendar.due_at, calendar.etag) == (NOON, "")
    answer = client.post(f"{path}add/", {**form, "purpose": "absence", "url": "http://10.0.0.1/x"})
    assert "private network" in answer.content.decode()
    assert "Say whose absences these are." in answer.content.decode()


@pytest.mark.parametrize("user", ["hello", "9" * 40, "\x00"])
def test_an_admin_who_names_nobody_reads_it_beside_the_field(erin: User, client: Client, user: str) -> None:
    client.force_login(erin)
    form = {"name": "Ferien", "purpose": "absence", "user": user, "url": "https://example.com/x.ics"}
    answer = client.post("/admin/oncall/foreigncalendar/add/", form)
    assert answer.status_code == 200
    assert "user" in answer.context["adminform"].form.errors
