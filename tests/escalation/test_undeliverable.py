"""No message gets through to anybody in a role: the next role is asked at once, not when its hour comes."""

import pytest
from pytest_django import Settings

from accounts.models import User
from common import clock
from communications import outbox
from communications.models import Delivery
from escalation import engine
from escalation.models import Page
from incidents.models import Incident
from oncall.models import RoleTarget
from tests import builders
from tests.escalation.story import Story, paged
from tests.support.http_sink import HttpReply, HttpSink
from tests.support.smtp_sink import SmtpSink, refuse

NO_SUCH_USER = refuse("550 5.1.1 no such user")


@pytest.fixture
def all_at_once(story: Story) -> Story:
    """The whole team is on call together, and nobody after them."""
    RoleTarget.objects.filter(role="on_call").delete()
    builders.fills("on_call", story.team, story.team)
    return story


def send_all(incident: Incident) -> None:
    """Let the queue send whatever waits, and what that brings about."""
    while waiting := list(Delivery.objects.waiting().filter(incident=incident, due_at__lte=clock.now())):
        before = {row.pk for row in waiting}
        outbox.deliver(sorted(before))
        if before == {row.pk for row in Delivery.objects.waiting().filter(incident=incident)}:
            return


def test_a_role_that_no_mail_reaches_is_followed_by_the_next_role_at_once(
    all_at_once: Story, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer(NO_SUCH_USER, NO_SUCH_USER)
    incident = all_at_once.declare(1)
    send_all(incident)
    assert paged(incident) == [("Bob", "12:00:00"), ("Carol", "12:00:00"), ("Lee", "12:00:00")]
    assert not Page.objects.filter(incident=incident).exclude(state="open").exists()


def test_and_so_on_until_somebody_is_reached(all_at_once: Story, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer(*[NO_SUCH_USER] * 4)
    incident = all_at_once.declare(1)
    send_all(incident)
    assert [who for who, _ in paged(incident)] == ["Bob", "Carol", "Lee", "Mia", "Eve"]
    mails = Delivery.objects.filter(incident=incident, kind="page", transport="email", state="delivered")
    assert [mail.user for mail in mails] == [all_at_once.eve]


def test_while_one_of_them_was_reached_the_next_role_keeps_its_hour(
    all_at_once: Story, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer(NO_SUCH_USER)
    incident = all_at_once.declare(1)
    send_all(incident)
    assert [who for who, _ in paged(incident)] == ["Bob", "Carol"]


def test_while_one_is_still_tried_the_next_role_waits_for_that(
    all_at_once: Story, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer(refuse("451 4.3.0 try later"), NO_SUCH_USER, NO_SUCH_USER)
    incident = all_at_once.declare(1)
    send_all(incident)
    assert [who for who, _ in paged(incident)] == ["Bob", "Carol"]
    all_at_once.sleep_through(seconds=40)
    outbox.sweep(clock.now())
    send_all(incident)
    assert ("Lee", "12:00:40") in paged(incident)


def test_a_first_in_line_who_fails_after_the_second_is_not_the_end(story: Story, smtp_sink: SmtpSink) -> None:
    """Bob's mail is tried for long; Carol, asked meanwhile, cannot be reached; then Bob cannot either."""
    RoleTarget.objects.filter(role="on_call", position=2).delete()
    smtp_sink.answer(refuse("451 4.3.0 try later"), then=NO_SUCH_USER)
    incident = story.declare(1)
    send_all(incident)
    story.wait(minutes=5)
    carols = Delivery.objects.filter(user=story.carol, incident=incident, kind="page", state="queued")
    outbox.deliver(carols.values_list("pk", flat=True))
    assert [who for who, _ in paged(incident, role="team_lead")] == []
    bobs = Delivery.objects.filter(user=story.bob, incident=incident, kind="page", state="queued")
    outbox.deliver(bobs.values_list("pk", flat=True))
    assert [who for who, _ in paged(incident, role="team_lead")] == ["Lee"]


def test_a_switched_off_account_does_not_count_as_reached(all_at_once: Story, smtp_sink: SmtpSink) -> None:
    incident = all_at_once.declare(1)
    send_all(incident)
    User.objects.filter(pk__in=[all_at_once.bob.pk, all_at_once.carol.pk]).update(is_active=False)
    engine.tick(clock.now())
    assert ("Lee", "12:00:00") in paged(incident)


def test_a_number_that_is_gone_hurries_the_call_and_the_timeline_does_not_tell_the_number(
    story: Story, http_sink: HttpSink, settings: Settings
) -> None:
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "s3cret"
    settings.TWILIO_FROM, settings.TWILIO_API_URL = "+15005550006", http_sink.url
    builders.method(story.bob, "sms", "+447400123456")
    builders.method(story.bob, "voice", "+447400123457", position=1, delay_minutes=5)
    gone = b'{"code":21211,"message":"\'To\' +447400123456 is not a valid phone number","status":400}'
    http_sink.answer(HttpReply(400, gone), then=HttpReply(201, b'{"sid":"CA1","status":"queued"}'))
    incident = story.declare(1)
    send_all(incident)
    sms, call = http_sink.requests()
    assert (sms.path.rpartition("/")[2], call.path.rpartition("/")[2]) == ("Messages.json", "Calls.json")
    [failed] = incident.events.filter(kind="page_failed")
    assert "by SMS was not delivered. The next contact method is used." in failed.text
    assert "400123456" not in str(failed.data)
    assert "400123456" not in str(list(Delivery.objects.values()))


def test_when_no_method_works_the_sign_in_address_is_tried_before_anybody_else(
    story: Story, http_sink: HttpSink, smtp_sink: SmtpSink, settings: Settings
) -> None:
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    builders.method(story.bob, "ntfy", f"{http_sink.url}/bobs-pages")
    http_sink.answer(then=HttpReply(403, b'{"code":40301,"error":"forbidden"}'))
    incident = story.declare(1)
    send_all(incident)
    assert [mail.recipients for mail in smtp_sink.mails()] == [("bob@example.org",)]
    assert [who for who, _ in paged(incident)] == ["Bob"]
    [failed] = incident.events.filter(kind="page_failed")
    assert "The next contact method is used." in failed.text
