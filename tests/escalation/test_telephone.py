"""Answers by telephone: a short message that is sent back, a key that is pressed, and who may bring them."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import ContactMethod, User
from communications import transports
from communications.models import Delivery
from communications.transports import twilio
from communications.transports.base import Outgoing
from escalation.models import Page
from incidents.models import Incident, Status
from tests import builders
from tests.support.http_sink import HttpReply, HttpSink

pytestmark = pytest.mark.django_db
NUMBER, TOKEN = "+447400123456", "t0ken"
Post = Callable[..., str]


@pytest.fixture(autouse=True)
def telephone(settings: Settings, bob: User) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FROM = (
        "AC1",
        "t0ken",
        "+15005550006",
    )
    builders.method(bob, "sms", NUMBER)


@pytest.fixture
def page(bob: User) -> Page:
    return builders.page_for(bob)


def signature(url: str, fields: dict[str, str], token: str = TOKEN) -> str:
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@pytest.fixture
def post(client: Client, settings: Settings) -> Post:
    """Posts fields to an address, signed as the service does, and returns the answer's text."""

    def poster(path: str, **fields: str) -> str:
        signed = signature(f"{settings.SITE_URL}{path}", fields)
        answer = client.post(path, fields, headers={"X-Twilio-Signature": signed})
        assert answer.status_code == 200
        assert answer["Content-Type"] == "text/xml"
        return answer.content.decode()

    return poster


def sms(post: Post, body: str, number: str = NUMBER, sid: str = "SM1") -> str:
    return post("/telephone/reply/", From=number, Body=body, MessageSid=sid)


def state(page: Page) -> tuple[str, str]:
    page.refresh_from_db()
    return str(page.state), page.answered_via


@pytest.mark.parametrize("body", ["1", " ACK ", "Yes!", "I have it", "ok, on my way"])
def test_one_takes_the_page(post: Post, page: Page, bob: User, body: str) -> None:
    assert f"You have {page.incident.reference}" in sms(post, body)
    assert state(page) == ("acknowledged", "sms")
    page.incident.refresh_from_db()
    assert page.incident.acknowledged_by == bob


@pytest.mark.parametrize("body", ["2", "no", "Can't"])
def test_two_declines_it(post: Post, page: Page, body: str) -> None:
    assert "The next person is asked" in sms(post, body)
    assert state(page) == ("declined", "sms")


@pytest.mark.parametrize("body", ["", "what?", "12", "👍", "<script>"])
def test_other_words_get_help_and_change_nothing(post: Post, page: Page, body: str) -> None:
    assert "Reply 1 to take a page" in sms(post, body)
    assert state(page) == ("open", "")


def test_an_unknown_number_is_told_so(post: Post, page: Page) -> None:
    assert "does not know this number" in sms(post, "1", number="+447400999999")
    assert state(page) == ("open", "")


def test_a_number_that_was_not_verified_answers_nothing(post: Post, page: Page) -> None:
    ContactMethod.objects.update(verified_at=None)
    assert "does not know this number" in sms(post, "1")
    assert state(page) == ("open", "")


def test_of_several_pages_the_newest_is_meant_unless_one_is_named(post: Post, page: Page, bob: User) -> None:
    newer = builders.page_for(bob, builders.bare_incident("Checkout down"))
    assert "1 more waits" in sms(post, "1")
    assert (state(page)[0], state(newer)[0]) == ("open", "acknowledged")
    older = builders.page_for(bob, builders.bare_incident("Search slow"))
    assert page.incident.reference in sms(post, f"1 {page.incident.reference.lower()}", sid="SM2")
    assert (state(page)[0], state(older)[0]) == ("acknowledged", "open")
    assert "No page waits" in sms(post, "1 INC-999999", sid="SM3")


def test_the_same_message_brought_twice_does_not_take_the_next_page_too(
    post: Post, page: Page, bob: User
) -> None:
    newer = builders.page_for(bob, builders.bare_incident("Checkout down"))
    sms(post, "1")
    sms(post, "1")
    assert (state(page)[0], state(newer)[0]) == ("open", "acknowledged")


def test_nothing_is_answered_once_it_is_over(post: Post, page: Page) -> None:
    Incident.objects.filter(pk=page.incident_id).update(status=Status.RESOLVED)
    assert "No page waits" in sms(post, "1")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        signature("http://127.0.0.1:8000/telephone/reply/", {"From": NUMBER, "Body": "1"}, token="other"),
    ],
)
def test_without_the_services_signature_nothing_is_taken(client: Client, page: Page, header: str) -> None:
    answer = client.post(
        "/telephone/reply/", {"From": NUMBER, "Body": "1"}, headers={"X-Twilio-Signature": header}
    )
    assert answer.status_code == 403
    assert state(page) == ("open", "")


def test_without_an_account_no_signature_fits(settings: Settings) -> None:
    settings.TWILIO_AUTH_TOKEN = ""
    assert not twilio.signature_fits("https://x", {}, signature("https://x", {}, token=""))


def test_the_services_own_example_fits(settings: Settings) -> None:
    """From twilio.com/docs/usage/webhooks/webhooks-security."""
    settings.TWILIO_AUTH_TOKEN = "12345"
    fields = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310",
              "To": "+18005551212"}  # fmt: skip
    address = "https://example.com/myapp.php?foo=1&bar=2"
    assert twilio.signature_fits(address, fields, "L/OH5YylLD5NRKLltdqwSvS0BnU=")


@pytest.mark.parametrize(
    ("key", "found"), [("1", "acknowledged"), ("2", "declined"), ("5", "open"), ("", "open")]
)
def test_a_key_answers_the_page_that_the_call_was_about(post: Post, page: Page, key: str, found: str) -> None:
    link = builders.page_link(page)
    for _ in range(2):
        assert "<Say>" in post(f"{link}key/", Digits=key, CallSid="CA1", From=NUMBER)
        assert state(page) == (found, "voice" if found != "open" else "")


def test_a_key_for_a_page_that_is_gone_is_told_so(post: Post) -> None:
    assert "not one of ours" in post("/p/nonsense/key/", Digits="1", CallSid="CA1")


@pytest.mark.parametrize(
    ("site", "asks"), [("https://allclear.example", True), ("http://127.0.0.1:8000", False)]
)
def test_a_call_asks_for_a_key_where_the_service_can_call_back(
    http_sink: HttpSink, settings: Settings, site: str, asks: bool
) -> None:
    settings.ALLOWED_PRIVATE_NETWORKS, settings.TWILIO_API_URL = ["127.0.0.0/8"], http_sink.url
    settings.TWILIO_REPLIES = True
    http_sink.answer(then=HttpReply(201, b'{"sid":"CA1","status":"queued"}'))
    values: dict[str, Any] = {
        "kind": Delivery.Kind.PAGE, "key": "k", "subject": "[SEV-1] INC-1 Down", "text": "Down", "html": "",
        "url": f"{site}/p/1:2:3/", "path": "/p/{token}/", "address": NUMBER, "user": None, "incident": None,
    }  # fmt: skip
    for kind in ("voice", "sms"):
        transports.get(kind)(Outgoing(**values))
    call, message = (parse_qs(request.body.decode()) for request in http_sink.requests())
    assert (f'action="{site}/p/1:2:3/key/"' in call["Twiml"][0]) is asks
    assert ("Press 1" in call["Twiml"][0]) is asks
    assert message["Body"][0].endswith("/p/1:2:3/\nReply 1 to take it, 2 if you can't.")
