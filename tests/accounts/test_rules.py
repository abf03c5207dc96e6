"""Personal rules: which contact method when, by urgency, and quiet hours."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from accounts import reach
from accounts.models import AuditEntry, ContactMethod, User
from accounts.reach import Quiet
from communications import outbox
from communications.models import Delivery
from tests.builders import NOON, bare_incident, mail_method
from tests.support.smtp_sink import SmtpSink, refuse

LONDON = ZoneInfo("Europe/London")
NIGHT = datetime(2026, 3, 25, 23, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 26, 7, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def at_night(clock: time_machine.Traveller, bob: User) -> time_machine.Traveller:
    """Half past eleven, and Bob has quiet hours from ten to seven."""
    User.objects.filter(pk=bob.pk).update(time_zone="Europe/London", quiet_from=time(22), quiet_until=time(7))
    bob.refresh_from_db()
    clock.move_to(NIGHT, tick=False)
    return clock


@pytest.fixture
def as_bob(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def tell(user: User, kind: str = "page", severity: int | None = 3, **options: Any) -> dict[str, datetime]:
    """Write a message into the ledger and say when which address is used."""
    incident = bare_incident(severity=severity) if severity else None
    rows = outbox.enqueue(
        kind=kind, topic="t", dedupe_key=f"k{Delivery.objects.count()}", user=user, incident=incident,
        message=outbox.Message("Look", "at this"), now=datetime.now(UTC), **options,
    )  # fmt: skip
    return {row.address or row.transport: row.due_at for row in rows}


def minutes_after(found: dict[str, datetime], at: datetime = NOON) -> dict[str, int]:
    return {address: int((due - at).total_seconds() // 60) for address, due in found.items()}


def test_each_urgency_has_its_own_order_and_minutes(clock: object, bob: User) -> None:
    loud, silent = mail_method(bob, "loud@example.com"), mail_method(bob, "silent@example.com")
    ContactMethod.objects.filter(pk=loud.pk).update(delay_minutes=0, low_delay_minutes=None)
    ContactMethod.objects.filter(pk=silent.pk).update(delay_minutes=5, low_delay_minutes=10)
    urgent = {"in_app": 0, "loud@example.com": 0, "silent@example.com": 5}
    can_wait = {"in_app": 0, "silent@example.com": 10}
    assert minutes_after(tell(bob, severity=1)) == minutes_after(tell(bob, severity=2)) == urgent
    assert minutes_after(tell(bob, severity=3)) == minutes_after(tell(bob, severity=4)) == can_wait
    assert minutes_after(tell(bob, "reminder", 1)) == minutes_after(tell(bob, "notice", None)) == can_wait


def test_what_is_urgent_goes_everywhere_when_no_rule_names_a_method(clock: object, bob: User) -> None:
    for name in ("one", "two"):
        mail_method(bob, f"{name}@example.com")
    ContactMethod.objects.update(delay_minutes=None, low_delay_minutes=None)
    assert minutes_after(tell(bob, severity=1)) == {"in_app": 0, "one@example.com": 0, "two@example.com": 0}
    assert minutes_after(tell(bob, severity=3)) == {"in_app": 0, "bob@example.org": 0}


def test_what_can_wait_is_held_until_quiet_hours_end_and_the_bell_has_it_at_once(
    at_night: object, bob: User
) -> None:
    mail_method(bob, "one@example.com")
    mail_method(bob, "two@example.com", delay_minutes=5)
    later = MORNING + timedelta(minutes=5)
    assert tell(bob, severity=3) == {"in_app": NIGHT, "one@example.com": MORNING, "two@example.com": later}
    assert tell(bob, "notice", None)["one@example.com"] == MORNING


@pytest.mark.parametrize("kind", ["page", "reminder", "notice"])
def test_what_is_about_a_grave_incident_is_never_held(at_night: object, bob: User, kind: str) -> None:
    mail_method(bob, "one@example.com")
    assert tell(bob, kind, 1)["one@example.com"] == tell(bob, kind, 2)["one@example.com"] == NIGHT


def test_what_may_not_wait_is_not_held(at_night: object, bob: User) -> None:
    mail_method(bob, "one@example.com")
    assert tell(bob, "notice", 3, may_wait=False)["one@example.com"] == NIGHT


def test_the_sign_in_address_is_quiet_too(at_night: object, bob: User) -> None:
    assert tell(bob, severity=4) == {"in_app": NIGHT, "bob@example.org": MORNING}


def test_a_method_that_would_be_used_after_quiet_hours_begin_waits(
    at_night: time_machine.Traveller, bob: User
) -> None:
    mail_method(bob, "late@example.com", delay_minutes=10)
    at = datetime(2026, 3, 25, 21, 55, tzinfo=UTC)
    at_night.move_to(at, tick=False)
    assert tell(bob, severity=3)["late@example.com"] == MORNING


def test_a_failure_at_night_does_not_hurry_what_is_held(
    at_night: time_machine.Traveller, bob: User, smtp_sink: SmtpSink
) -> None:
    mail_method(bob, "first@example.com")
    mail_method(bob, "second@example.com", delay_minutes=10)
    at_night.move_to(datetime(2026, 3, 25, 21, 59, tzinfo=UTC), tick=False)
    tell(bob, severity=3)
    at_night.move_to(NIGHT, tick=False)
    smtp_sink.answer(then=refuse("550 5.1.1 no such user"))
    outbox.deliver(Delivery.objects.filter(address="first@example.com").values_list("pk", flat=True))
    assert Delivery.objects.get(address="first@example.com").state == Delivery.State.FAILED
    assert Delivery.objects.get(address="second@example.com").due_at == MORNING


@pytest.mark.parametrize(
    ("at", "end"),
    [
        (datetime(2026, 3, 25, 21, 59, tzinfo=UTC), None),
        (datetime(2026, 3, 25, 22, 0, tzinfo=UTC), datetime(2026, 3, 26, 7, tzinfo=UTC)),
        (datetime(2026, 3, 26, 6, 59, tzinfo=UTC), datetime(2026, 3, 26, 7, tzinfo=UTC)),
        (datetime(2026, 3, 26, 7, 0, tzinfo=UTC), None),
        # Clocks go forward in the night to Sunday 29 March: seven o'clock comes an hour sooner.
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)),
        # And back in the night to 25 October.
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)),
    ],
)
def test_quiet_hours_end_at_their_wall_time(at: datetime, end: datetime | None) -> None:
    assert Quiet(time(22), time(7), LONDON).end_of(at) == end


def test_quiet_hours_may_lie_within_a_day() -> None:
    siesta = Quiet(time(13), time(15), ZoneInfo("UTC"))
    assert siesta.end_of(NOON + timedelta(hours=2)) == NOON + timedelta(hours=3)
    assert siesta.end_of(NOON) is None


def test_rules_are_set_and_the_page_says_what_would_happen(as_bob: Client, bob: User, clock: object) -> None:
    one, two = mail_method(bob, "one@example.com"), mail_method(bob, "two@example.com")
    form = {f"high-use-{one.pk}": "on", f"high-after-{one.pk}": "7", f"high-after-{two.pk}": "0"}
    assert as_bob.post("/me/reach/rules/high/", form).status_code == 302
    assert [m.delay_minutes for m in bob.contact_methods.all()] == [7, None]
    assert [m.low_delay_minutes for m in bob.contact_methods.all()] == [0, 0]
    assert "after 7 min without an answer" in as_bob.get("/me/reach/").content.decode()
    assert AuditEntry.objects.get(action="contact_rules.changed").data["urgency"] == "high"


@pytest.mark.parametrize(
    ("minutes", "sentence"), [("61", "less than or equal to 60"), ("x", "whole number"), ("-1", "greater")]
)
def test_wrong_minutes_are_told_beside_their_field(
    as_bob: Client, bob: User, minutes: str, sentence: str
) -> None:
    one = mail_method(bob, "one@example.com")
    form = {f"low-use-{one.pk}": "on", f"low-after-{one.pk}": minutes}
    answer = as_bob.post("/me/reach/rules/low/", form)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_a_method_that_was_verified_meanwhile_keeps_its_rule(as_bob: Client, bob: User) -> None:
    one, meanwhile = mail_method(bob, "one@example.com"), mail_method(bob, "two@example.com")
    assert as_bob.post("/me/reach/rules/high/", {f"high-after-{one.pk}": "0"}).status_code == 302
    one.refresh_from_db()
    meanwhile.refresh_from_db()
    assert (one.delay_minutes, meanwhile.delay_minutes) == (None, 0)


def test_there_are_two_urgencies(as_bob: Client) -> None:
    assert as_bob.post("/me/reach/rules/medium/").status_code == 404


def test_quiet_hours_are_set_and_taken_away(as_bob: Client, bob: User, clock: object) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Europe/London")
    assert (
        as_bob.post("/me/reach/quiet-hours/", {"quiet-starts": "22:00", "quiet-ends": "07:00"}).status_code
        == 302
    )
    bob.refresh_from_db()
    assert reach.quiet_hours(bob) == Quiet(time(22), time(7), LONDON)
    page = as_bob.get("/me/reach/").content.decode()
    assert "The same at 22:00" in page
    assert "at 26 Mar 07:00, after the quiet hours" in page
    assert as_bob.post("/me/reach/quiet-hours/", {"quiet-starts": "", "quiet-ends": ""}).status_code == 302
    bob.refresh_from_db()
    assert reach.quiet_hours(bob) is None


@pytest.mark.parametrize(
    ("starts", "ends", "sentence"),
    [
        ("22:00", "", "Give both times"),
        ("", "07:00", "Give both"),
        ("22:00", "22:00", "another time"),
        ("25:00", "x", "valid time"),
    ],
)
def test_wrong_quiet_hours_are_refused(
    as_bob: Client, bob: User, starts: str, ends: str, sentence: str
) -> None:
    answer = as_bob.post("/me/reach/quiet-hours/", {"quiet-starts": starts, "quiet-ends": ends})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


def test_the_api_sets_and_shows_the_same(as_bob: Client, bob: User, carol: User, clock: object) -> None:
    def post(path: str, body: object) -> Any:
        return as_bob.post(f"/api/v1/me/{path}", body, content_type="application/json")

    one, hers = mail_method(bob, "one@example.com"), mail_method(carol, "carol@example.com")
    rules = {"urgency": "low", "rules": [{"method": one.pk, "minutes": None}]}
    assert post("contact-rules", rules).status_code == 204
    one.refresh_from_db()
    assert (one.delay_minutes, one.low_delay_minutes) == (0, None)
    theirs = post("contact-rules", {"urgency": "low", "rules": [{"method": hers.pk, "minutes": 1}]})
    assert (theirs.status_code, theirs.json()["errors"][0]["attr"]) == (400, "rules")
    quiet = post("quiet-hours", {"starts": "22:00", "ends": "07:00"})
    assert quiet.json() == {"starts": "22:00:00", "ends": "07:00:00"}
    assert post("quiet-hours", {"starts": "22:00", "ends": None}).status_code == 400
    scenes = as_bob.get("/api/v1/me/contact-rules").json()
    assert [step["how"] for step in scenes[0]["steps"]] == ["In Allclear", "Mail one@example.com"]
    assert [step["how"] for step in scenes[1]["steps"]] == ["In Allclear", "Mail bob@example.org"]
