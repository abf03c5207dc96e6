"""The buttons under a page in Slack: who may press them, what they do, and who may bring them."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from communications import transports
from communications.models import Delivery
from communications.transports import slack
from communications.transports.base import Outgoing
from escalation.models import Page
from tests import builders
from tests.builders import NOON
from tests.support.http_sink import HttpReply, HttpSink

pytestmark = pytest.mark.django_db
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.fixture(autouse=True)
def workspace(settings: Settings, bob: User) -> Any:
    settings.SLACK_BOT_TOKEN, settings.SLACK_SIGNING_SECRET = "xoxb-1", SECRET
    builders.method(bob, "slack", "U024BE7LH")
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def page(workspace: object, bob: User) -> Page:
    return builders.page_for(bob)


def signed(body: bytes, at: int) -> str:
    return f"v0={hmac.new(SECRET.encode(), f'v0:{at}:'.encode() + body, hashlib.sha256).hexdigest()}"


def press(client: Client, what: str, token: str, member: str = "U024BE7LH", **changed: Any) -> Any:
    pressed = {"action_id": what, "value": token, "action_ts": "1548426417.840180", "type": "button"}
    payload = {"type": "block_actions", "user": {"id": member}, "actions": [pressed]}
    body = urlencode({"payload": json.dumps(payload)}).encode()
    at = changed.get("at", int(NOON.timestamp()))
    headers = {
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": changed.get("signature", signed(body, at)),
    }
    return client.post("/slack/actions/", body, "application/x-www-form-urlencoded", headers=headers)


def token_of(page: Page) -> str:
    return builders.page_link(page).strip("/").rpartition("/")[2]


def state(page: Page) -> tuple[str, str]:
    page.refresh_from_db()
    return str(page.state), page.answered_via


@pytest.mark.parametrize(("what", "found"), [("acknowledge", "acknowledged"), ("decline", "declined")])
def test_a_button_answers_the_page_and_a_message_says_so(
    client: Client, page: Page, what: str, found: str
) -> None:
    for _ in range(2):
        answer = press(client, what, token_of(page))
        assert (answer.status_code, answer.content) == (200, b"")
        assert state(page) == (found, "slack")
    told = Delivery.objects.get(transport="slack", kind="notice")
    assert page.incident.reference in told.payload["subject"]


def test_somebody_elses_thumb_does_nothing(client: Client, page: Page, carol: User) -> None:
    builders.method(carol, "slack", "U0CAROL00")
    for member in ("U0CAROL00", "U0NOBODY0", ""):
        assert press(client, "acknowledge", token_of(page), member).status_code == 200
    assert state(page) == ("open", "")


@pytest.mark.parametrize("token", ["", "nonsense", "1:2:3"])
def test_a_token_that_is_not_ours_does_nothing(client: Client, page: Page, token: str) -> None:
    assert press(client, "acknowledge", token).status_code == 200
    assert state(page) == ("open", "")


@pytest.mark.parametrize(
    "changed",
    [
        {"signature": ""},
        {"signature": "v0=nonsense"},
        {"at": int(NOON.timestamp()) - 301},
        {"at": "x"},
        {"at": "9" * 30},
    ],
)
def test_without_slacks_fresh_signature_nothing_is_taken(
    client: Client, page: Page, changed: dict[str, Any]
) -> None:
    assert press(client, "acknowledge", token_of(page), **changed).status_code == 403
    assert state(page) == ("open", "")


@pytest.mark.parametrize(
    "payload", ["", "[]", "{", '{"actions":[1,{"action_id":7}]}', '{"actions":"x","user":3}']
)
def test_a_payload_that_makes_no_sense_breaks_nothing(client: Client, payload: str) -> None:
    body, at = urlencode({"payload": payload}).encode(), int(NOON.timestamp())
    headers = {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": signed(body, at)}
    answer = client.post("/slack/actions/", body, "application/x-www-form-urlencoded", headers=headers)
    assert answer.status_code in {200, 400}


def test_slacks_own_example_fits() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
        b"803a0bc887a14d10d2c447fce8b6703c"
    )
    given = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    at = datetime.fromtimestamp(1531420618, UTC)
    assert slack.signature_fits(body, "1531420618", given, at)


@pytest.mark.parametrize(
    ("secret", "buttons"), [(SECRET, ["acknowledge", "decline", "open"]), ("", ["open"])]
)
def test_buttons_answer_by_themselves_where_slack_may_bring_the_answer(
    http_sink: HttpSink, settings: Settings, secret: str, buttons: list[str]
) -> None:
    settings.ALLOWED_PRIVATE_NETWORKS, settings.SLACK_API_URL = ["127.0.0.0/8"], http_sink.url
    settings.SLACK_SIGNING_SECRET = secret
    http_sink.answer(HttpReply(200, b'{"ok":true}'))
    transports.get("slack")(
        Outgoing(kind="page", key="k", subject="Down", text="Down", html="", url="https://allclear.example/p/1:2:3/",
                 path="", address="U024BE7LH", user=None, incident=None)
    )  # fmt: skip
    [request] = http_sink.requests()
    found = request.json["blocks"][1]["elements"]
    assert [button["action_id"] for button in found] == buttons
    assert {button["value"] for button in found if "value" in button} == ({"1:2:3"} if secret else set())
