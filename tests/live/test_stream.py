"""Live streams from a real server: entries arrive at once, none is lost, nobody sees what they may not."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from accounts.actor import Actor
from accounts.models import User
from config.hub import hub
from incidents import actions, live
from incidents.models import Incident, Responder
from tests import builders
from tests.live.stream import Stream, listening

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def incident(alice: User) -> Incident:
    return actions.declare(by=Actor.of(alice), title="Webhooks down", severity=1)


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    """The hub's thread ends with the last reader, so that no connection outlives a test."""
    yield
    deadline = time.monotonic() + 10
    while (len(hub) or hub.is_running) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not hub.is_running


def note(incident: Incident, user: User, text: str) -> None:
    actions.add_note(by=Actor.of(user), incident=incident, text=text)


def path(user: User, incident: Incident | None = None) -> str:
    fresh = Incident.objects.get(pk=incident.pk) if incident else None
    return live.links(user, fresh)["live_url"]


def poll_path(user: User, incident: Incident | None = None) -> str:
    fresh = Incident.objects.get(pk=incident.pk) if incident else None
    return live.links(user, fresh)["live_poll_url"]


def status(site: str, url: str) -> int:
    with listening(site, url) as answer:
        return answer.status


def body(site: str, url: str) -> str:
    with listening(site, url) as answer:
        return answer.response.read().decode()


def after(url: str, sequence: object) -> str:
    return re.sub(r"after=[^&]*", f"after={sequence}", url)


def test_an_entry_arrives_within_a_second_as_everybody_sees_it(
    site: str, alice: User, incident: Incident
) -> None:
    with listening(site, path(alice, incident)) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["x-accel-buffering"] == "no"
        assert stream.headers["cache-control"] == "no-cache"
        began = time.monotonic()
        note(incident, alice, "The pool is **full**.")
        _, number, data = stream.next("entry")
        assert time.monotonic() - began < 1
        incident.refresh_from_db()
        assert number == str(incident.event_sequence)
        assert data["kind"] == "note"
        [entry] = data["entries"]
        assert entry["id"] == f"event-{number}"
        assert "<strong>full</strong>" in entry["html"]
        assert "Alice" in entry["html"]


def test_two_readers_in_two_zones_each_see_their_own_time(site: str, alice: User, incident: Incident) -> None:
    bob = builders.bob(time_zone="Asia/Kolkata")
    with listening(site, path(alice, incident)) as here, listening(site, path(bob, incident)) as there:
        note(incident, alice, "Look")
        times = [
            re.search(r">(\d\d:\d\d)</time>", s.next("entry")[2]["entries"][0]["html"]) for s in (here, there)
        ]
        assert all(times)
        assert times[0] != times[1]
        assert times[0][1] != times[1][1]  # type: ignore[index]


def test_a_dropped_connection_is_replayed_from_the_last_entry_seen(
    site: str, alice: User, incident: Incident
) -> None:
    with listening(site, path(alice, incident)) as stream:
        note(incident, alice, "one")
        _, seen, _ = stream.next("entry")
        url = path(alice, incident)
    note(incident, alice, "two")
    note(incident, alice, "three")
    with listening(site, url, {"Last-Event-ID": seen}) as stream:
        texts = [stream.next("entry")[2]["entries"][0]["html"] for _ in range(2)]
        assert "two" in texts[0]
        assert "three" in texts[1]


def test_what_happened_between_page_and_stream_is_told(site: str, alice: User, incident: Incident) -> None:
    url = path(alice, incident)  # the page is rendered …
    note(incident, alice, "in between")
    with listening(site, url) as stream:  # … and its script connects later
        assert "in between" in stream.next("entry")[2]["entries"][0]["html"]


def test_whoever_missed_too_much_is_told_to_load_the_page_again(
    site: str, alice: User, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.hub.REPLAY", 2)
    url = path(alice, incident)
    for text in "abc":
        note(incident, alice, text)
    with listening(site, url) as stream:
        assert stream.next()[0] == "reload"


def test_a_correction_brings_the_entry_it_corrects(site: str, alice: User, incident: Incident) -> None:
    event = actions.add_note(by=Actor.of(alice), incident=incident, text="one node")
    with listening(site, path(alice, incident)) as stream:
        actions.correct(by=Actor.of(alice), event=event, text="all three nodes")
        _, _, data = stream.next("entry")
        assert data["kind"] == "correction"
        [entry] = data["entries"]
        assert entry["id"] == f"event-{event.sequence}"
        assert "all three nodes" in entry["html"]
        assert "one node" in entry["html"]  # one tap away


@pytest.mark.parametrize("token", ["nonsense", "", "a:b:c", "%00"])
def test_a_forged_ticket_is_refused(site: str, alice: User, incident: Incident, token: str) -> None:
    for kind in ("incident", "now", "poll"):
        assert status(site, f"/live/{kind}/{token}") == 403


def test_a_ticket_for_now_opens_no_incident(site: str, alice: User, incident: Incident) -> None:
    assert status(site, f"/live/incident/{live.issue(alice)}") == 403
    assert status(site, f"/live/now/{live.issue(alice, incident)}") == 403
    assert status(site, f"/live/elsewhere/{live.issue(alice)}") == 404


def test_a_ticket_dies_with_the_password(site: str, alice: User, incident: Incident) -> None:
    url = path(alice, incident)
    alice.set_password("another long one entirely")
    alice.save()
    assert status(site, url) == 403


def test_an_outsider_gets_no_stream_of_a_private_incident(site: str, alice: User, incident: Incident) -> None:
    dave = builders.dave()
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    assert status(site, path(dave, incident)) == 403
    with listening(site, path(alice, incident)) as stream:
        assert stream.status == 200


def test_a_stream_ends_when_the_person_is_taken_off_a_private_incident(
    site: str, alice: User, incident: Incident
) -> None:
    bob = builders.bob()
    actions.join(by=Actor.of(bob), incident=incident)
    Incident.objects.filter(pk=incident.pk).update(is_private=True)
    with listening(site, path(bob, incident)) as stream:
        assert stream.status == 200
        Responder.objects.filter(incident=incident, user=bob).delete()
        note(incident, alice, "secret")
        assert stream.has_ended()


def test_a_stream_ends_when_the_account_is_closed(site: str, alice: User, incident: Incident) -> None:
    bob = builders.bob()
    with listening(site, path(bob, incident)) as stream:
        User.objects.filter(pk=bob.pk).update(is_active=False)
        note(incident, alice, "secret")
        assert stream.has_ended()


def test_now_hears_of_new_and_finished_incidents(site: str, alice: User, incident: Incident) -> None:
    with listening(site, path(alice)) as stream:
        actions.declare(by=Actor.of(alice), title="Slow UI", severity=3)
        assert "declared" in stream.next("changed")[2]["kinds"]
        actions.cancel(by=Actor.of(alice), incident=incident, reason="a mistake")
        assert "cancelled" in stream.next("changed")[2]["kinds"]


def test_now_keeps_quiet_about_what_a_person_may_not_know(site: str, alice: User, incident: Incident) -> None:
    dave = builders.dave()
    secret = actions.declare(by=Actor.of(alice), title="Leak", severity=1, is_private=True)
    with listening(site, path(dave)) as stream:
        note(secret, alice, "only for us")
        note(incident, alice, "for all")
        kinds = stream.next("changed")[2]["kinds"]
        actions.take_role(by=Actor.of(alice), incident=secret, role="commander")
        actions.change_severity(by=Actor.of(alice), incident=incident, severity=2, reason="less")
        while "severity_changed" not in kinds:
            kinds += stream.next("changed")[2]["kinds"]
        assert "role_taken" not in kinds


def test_polling_answers_nothing_new_and_then_what_was_missed(
    site: str, alice: User, incident: Incident
) -> None:
    url = poll_path(alice, incident)
    assert status(site, url) == 204
    note(incident, alice, "through the back door")
    assert "through the back door" in body(site, url)
    incident.refresh_from_db()
    assert status(site, after(url, incident.event_sequence)) == 204


def test_polling_now_says_that_something_changed(site: str, alice: User, incident: Incident) -> None:
    url = poll_path(alice)
    assert status(site, url) == 204
    note(incident, alice, "news")
    assert status(site, url) == 200


def test_only_get_is_answered(site: str, alice: User, incident: Incident) -> None:
    import http.client
    from urllib.parse import urlsplit

    where = urlsplit(site)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
    connection.request("POST", path(alice, incident))
    assert connection.getresponse().status == 405
    connection.close()


def test_an_entry_that_cannot_be_shown_does_not_silence_the_others(
    site: str, alice: User, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = actions.declare(by=Actor.of(alice), title="Another", severity=2)
    from incidents import timeline

    real = timeline.render_entry

    def broken(event: object, zone: object) -> str:
        if getattr(event, "incident_id", None) == incident.pk:
            raise RuntimeError("poison")
        return real(event, zone)  # type: ignore[arg-type]

    monkeypatch.setattr("incidents.timeline.render_entry", broken)
    with listening(site, path(alice, incident)) as here, listening(site, path(alice, other)) as there:
        note(incident, alice, "poison")
        note(other, alice, "fine")
        assert here.next()[0] == "reload"
        assert "fine" in there.next("entry")[2]["entries"][0]["html"]


def test_pages_stay_quick_while_fifty_people_watch(site: str, alice: User, incident: Incident) -> None:
    url = path(alice, incident)
    streams = [Stream(site, url) for _ in range(50)]
    try:
        note(incident, alice, "to all")
        began = time.monotonic()
        with ThreadPoolExecutor(10) as pool:
            found = list(pool.map(lambda s: s.next("entry")[2]["entries"][0]["id"], streams))
        assert len(set(found)) == 1
        assert time.monotonic() - began < 2
        page = Stream(site, "/account/login/")
        assert page.status == 200
        page.close()
    finally:
        for stream in streams:
            stream.close()
