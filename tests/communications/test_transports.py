"""Each way out, against a server that answers as the provider does: bodies, errors, limits, a failure in a 200."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from pytest_django import Settings

from communications import transports
from communications.models import Delivery
from communications.transports.base import Outgoing, TransportError
from tests.builders import bare_incident
from tests.support.http_sink import RESET, HttpReply, HttpSink

pytestmark = pytest.mark.once

Send = Callable[..., None]

ADDRESSES = {
    "ntfy": "{sink}/bob-pages",
    "webhook": "{sink}/hook",
    "slack": "U024BE7LH",
    "telegram": "123456789",
    "teams": "{sink}/workflows/1/triggers/manual/paths/invoke?sig=s3cret",
    "mattermost": "{sink}/hooks/s3cret",
    "discord": "{sink}/api/webhooks/1/s3cret",
    "sms": "+447400123456",
    "voice": "+447400123456",
}
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()

SUCCESS = {
    "ntfy": '{"id":"xE73Iyuabi","time":1673542291,"expires":1673585491,"event":"message","topic":"bob-pages"}',
    "webhook": "",
    "slack": '{"ok":true,"channel":"D024BE91L","ts":"1503435956.000247","message":{"text":"x","type":"message"}}',
    "telegram": '{"ok":true,"result":{"message_id":7,"date":1700000000,"chat":{"id":123456789,"type":"private"}}}',
    "teams": "",
    "mattermost": "ok",
    "discord": '{"id":"1123456789","type":0,"content":"x","channel_id":"7"}',
    "sms": '{"sid":"SM00000000000000000000000000000001","status":"queued","error_code":null,"error_message":null}',
    "voice": '{"sid":"CA00000000000000000000000000000001","status":"queued","direction":"outbound-api"}',
}
STATUS = {"teams": 202, "sms": 201, "voice": 201}


@pytest.fixture
def providers(http_sink: HttpSink, settings: Settings) -> HttpSink:
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.SLACK_BOT_TOKEN, settings.SLACK_API_URL = "xoxb-s3cret", f"{http_sink.url}/api"
    settings.TELEGRAM_BOT_TOKEN, settings.TELEGRAM_API_URL = "77:s3cret", http_sink.url
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "s3cret"
    settings.TWILIO_FROM, settings.TWILIO_API_URL = "+15005550006", http_sink.url
    settings.NTFY_URL, settings.NTFY_TOKEN = http_sink.url, "tk_s3cret"
    return http_sink


@pytest.fixture
def send(providers: HttpSink) -> Send:
    """Sends one message by this transport; fields replace what it says."""

    def sender(transport: str, **fields: Any) -> None:
        values: dict[str, Any] = {
            "kind": Delivery.Kind.PAGE,
            "key": "page:1:m7",
            "subject": "[SEV-1] INC-1 Webhooks <down>",
            "text": "Webhooks return 500.\n\nYou are on call for Platform. @channel",
            "html": "",
            "url": "https://allclear.example/p/abc:1x2:sig/",
            "path": "/p/{token}/",
            "address": ADDRESSES[transport].format(sink=providers.url),
            "user": None,
            "incident": None,
            "secret": SECRET,
        }
        transports.get(transport)(Outgoing(**{**values, **fields}))

    return sender


def reply(transport: str, body: str = "", status: int | None = None, **headers: str) -> HttpReply:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpReply(status or STATUS.get(transport, 200), (body or SUCCESS[transport]).encode(), names)


def sent(providers: HttpSink) -> Any:
    [request] = providers.requests()
    assert request.method == "POST"
    return request


def failure(send: Send, transport: str, **fields: Any) -> TransportError:
    with pytest.raises(TransportError) as caught:
        send(transport, **fields)
    assert "s3cret" not in str(caught.value)
    return caught.value


def test_ntfy_gets_an_urgent_message_with_a_button(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("ntfy"))
    send("ntfy")
    request = sent(providers)
    assert (request.path, request.headers["authorization"]) == ("/", "Bearer tk_s3cret")
    assert request.json["topic"] == "bob-pages"
    assert (request.json["title"], request.json["priority"]) == ("[SEV-1] INC-1 Webhooks <down>", 5)
    take, see = request.json["actions"]
    link = "https://allclear.example/p/abc:1x2:sig/"
    assert (take["action"], take["label"], take["method"], take["url"]) == (
        "http", "Acknowledge", "POST", f"{link}acknowledge/",
    )  # fmt: skip
    assert see["url"] == request.json["click"] == link


def test_the_token_of_one_ntfy_server_is_not_shown_to_another(
    send: Send, providers: HttpSink, settings: Settings
) -> None:
    settings.NTFY_URL = "https://ntfy.sh"
    providers.answer(reply("ntfy"))
    send("ntfy", kind=Delivery.Kind.NOTICE, text="字" * 4000)
    request = sent(providers)
    assert "authorization" not in request.headers
    assert request.json["priority"] == 3
    assert len(request.json["message"].encode()) <= 4096


def test_a_webhook_can_be_checked_with_its_secret(send: Send, providers: HttpSink, db: None) -> None:
    incident = bare_incident()
    send("webhook", incident=incident)
    request = sent(providers)
    name, at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.new(key, f"{name}.{at}.".encode() + request.body, hashlib.sha256).digest()
    assert request.headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    assert request.json["type"] == "allclear.page"
    assert request.json["data"]["incident"] == incident.reference
    assert "." not in name


def test_a_repeated_webhook_has_the_same_id(send: Send, providers: HttpSink) -> None:
    send("webhook")
    send("webhook")
    send("webhook", key="page:2:m7")
    first, again, other = (request.headers["webhook-id"] for request in providers.requests())
    assert first == again != other


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64"])
def test_a_webhook_without_a_secret_is_not_called(send: Send, providers: HttpSink, secret: str) -> None:
    assert failure(send, "webhook", secret=secret).permanent
    assert providers.requests() == []


def test_slack_gets_a_message_that_cannot_mention_or_link(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("slack"))
    send("slack")
    request = sent(providers)
    assert (request.path, request.headers["authorization"]) == ("/api/chat.postMessage", "Bearer xoxb-s3cret")
    section, actions = request.json["blocks"]
    assert request.json["channel"] == "U024BE7LH"
    assert "Webhooks &lt;down&gt;" in section["text"]["text"]
    assert actions["elements"][0]["url"] == "https://allclear.example/p/abc:1x2:sig/"


def test_telegram_gets_text_with_a_button(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("telegram"))
    send("telegram")
    request = sent(providers)
    assert request.path == "/bot77:s3cret/sendMessage"
    assert request.json["chat_id"] == "123456789"
    assert request.json["text"].endswith("https://allclear.example/p/abc:1x2:sig/")
    assert request.json["reply_markup"]["inline_keyboard"][0][0]["text"] == "Acknowledge"


def test_telegram_refuses_buttons_to_a_laptop_so_the_link_stands_in_the_text(
    send: Send, providers: HttpSink
) -> None:
    providers.answer(reply("telegram"))
    send("telegram", url="http://127.0.0.1:8000/p/x/")
    assert "reply_markup" not in sent(providers).json
    assert sent(providers).json["text"].endswith("http://127.0.0.1:8000/p/x/")


def test_teams_gets_an_adaptive_card(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("teams"))
    send("teams", subject="Look [here](https://evil.example)")
    [attachment] = sent(providers).json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert card["body"][0]["text"] == r"Look \[here\](https://evil.example)"
    assert card["actions"][0]["url"] == "https://allclear.example/p/abc:1x2:sig/"


def test_an_answer_that_a_workflow_makes_up_itself_is_no_failure(send: Send, providers: HttpSink) -> None:
    providers.answer(HttpReply(200, b'{"status": "posted", "errors": [], "error": null}'))
    send("teams")
    assert len(providers.requests()) == 1


def test_mattermost_gets_text_that_calls_no_channel(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("mattermost"))
    send("mattermost")
    text = sent(providers).json["text"]
    assert "@channel" not in text
    assert text.endswith("[Acknowledge](https://allclear.example/p/abc:1x2:sig/)")


def test_discord_is_asked_whether_it_stored_the_message(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("discord"))
    send("discord", text="x" * 5000)
    request = sent(providers)
    assert request.path == "/api/webhooks/1/s3cret?wait=true"
    assert request.json["allowed_mentions"] == {"parse": []}
    assert len(request.json["content"]) <= 2000
    assert request.json["content"].endswith("https://allclear.example/p/abc:1x2:sig/")


def test_an_sms_is_short_and_has_the_link(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("sms"))
    send("sms")
    request = sent(providers)
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    assert request.path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert request.headers["authorization"] == f"Basic {base64.b64encode(b'AC1:s3cret').decode()}"
    assert (form["To"], form["From"]) == ("+447400123456", "+15005550006")
    assert form["Body"] == "[SEV-1] INC-1 Webhooks <down>\nhttps://allclear.example/p/abc:1x2:sig/"


def test_a_messaging_service_may_choose_the_senders_number(
    send: Send, providers: HttpSink, settings: Settings
) -> None:
    settings.TWILIO_FROM = "MG1"
    providers.answer(reply("sms"))
    send("sms")
    form = parse_qs(sent(providers).body.decode())
    assert form["MessagingServiceSid"] == ["MG1"]
    assert "From" not in form


def test_a_call_says_the_message_twice_and_no_markup_gets_in(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("voice"))
    send("voice")
    request = sent(providers)
    [spoken] = parse_qs(request.body.decode())["Twiml"]
    assert request.path == "/2010-04-01/Accounts/AC1/Calls.json"
    assert spoken.count("<Say>") == 2
    assert "Webhooks &lt;down&gt;" in spoken
    assert re.findall("<Say>[^<]*https:", spoken) == []


def test_a_call_reads_a_code_digit_by_digit(send: Send, providers: HttpSink) -> None:
    providers.answer(reply("voice"))
    send("voice", kind=Delivery.Kind.CODE, text="Your code is 481516.\nIt counts for ten minutes.")
    [spoken] = parse_qs(sent(providers).body.decode())["Twiml"]
    assert "Your code is 4, 8, 1, 5, 1, 6." in spoken


def case(transport: str, status: int, body: object, *, final: bool, says: str, wait: float | None = None,
         header: str = "") -> Any:  # fmt: skip
    """An answer, whether it is final, how long to wait, and what the ledger then says."""
    text = body if isinstance(body, str) else json.dumps(body)
    answer = HttpReply(status, text.encode(), {"Retry-After": header} if header else {})
    return pytest.param(transport, answer, final, wait, says, id=f"{transport}-{says.replace(' ', '-')}")


CASES = [
    case(
        "ntfy",
        429,
        {"code": 42901, "http": 429, "error": "limit reached: too many requests"},
        final=False,
        says="limit reached",
    ),
    case("ntfy", 403, {"code": 40301, "http": 403, "error": "forbidden"}, final=True, says="forbidden"),
    case("ntfy", 200, {"code": 50001, "error": "disk full"}, final=False, says="disk full"),
    case("slack", 200, {"ok": False, "error": "channel_not_found"}, final=True, says="channel_not_found"),
    case("slack", 200, {"ok": False, "error": "token_revoked"}, final=True, says="token_revoked"),
    case(
        "slack",
        429,
        {"ok": False, "error": "ratelimited"},
        final=False,
        says="ratelimited",
        wait=30,
        header="30",
    ),
    case(
        "slack", 200, {"ok": False, "error": "service_unavailable"}, final=False, says="service_unavailable"
    ),
    case(
        "telegram",
        429,
        {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 7",
            "parameters": {"retry_after": 7},
        },
        final=False,
        says="Too Many",
        wait=7,
    ),
    case(
        "telegram",
        403,
        {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"},
        final=True,
        says="blocked",
    ),
    case(
        "telegram",
        200,
        {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"},
        final=True,
        says="chat not found",
    ),
    case(
        "telegram",
        200,
        {"ok": False, "error_code": 429, "description": "Slow", "parameters": {"retry_after": 9}},
        final=False,
        says="Slow",
        wait=9,
    ),
    case(
        "teams",
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with tcid=1",
        final=False,
        says="429",
    ),
    case(
        "teams",
        200,
        "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413",
        final=True,
        says="413",
    ),
    case(
        "teams",
        400,
        {"error": {"code": "WorkflowTriggerIsNotEnabled", "message": "The workflow is not enabled."}},
        final=True,
        says="not enabled",
    ),
    case(
        "mattermost",
        400,
        {"id": "web.incoming_webhook.invalid.app_error", "message": "Invalid webhook.", "status_code": 400},
        final=True,
        says="Invalid webhook",
    ),
    case("mattermost", 200, "<html>Log in</html>", final=False, says="not Mattermost's"),
    case(
        "discord",
        429,
        {"message": "You are being rate limited.", "retry_after": 0.65, "global": False},
        final=False,
        says="rate limited",
        wait=0.65,
    ),
    case("discord", 404, {"message": "Unknown Webhook", "code": 10015}, final=True, says="Unknown Webhook"),
    case(
        "sms",
        400,
        {
            "code": 21211,
            "message": "The 'To' number is not a valid phone number.",
            "more_info": "https://…",
            "status": 400,
        },
        final=True,
        says="21211",
    ),
    case(
        "sms", 429, {"code": 20429, "message": "Too Many Requests", "status": 429}, final=False, says="20429"
    ),
    case(
        "sms",
        201,
        {"sid": "SM1", "status": "failed", "error_code": 30003, "error_message": "Unreachable"},
        final=True,
        says="30003",
    ),
    case(
        "sms",
        201,
        {"sid": "SM1", "status": "failed", "error_code": 30001, "error_message": "Queue overflow"},
        final=False,
        says="30001",
    ),
    case(
        "voice",
        400,
        {"code": 21215, "message": "Account not authorized to call", "status": 400},
        final=True,
        says="21215",
    ),
    case("webhook", 410, "", final=True, says="gone"),
    case("webhook", 503, "", final=False, says="503", wait=40, header="Wed, 25 Mar 2026 12:00:40 GMT"),
]


@pytest.mark.parametrize(("transport", "answer", "permanent", "wait", "words"), CASES)
def test_what_the_provider_says_decides_whether_and_when_to_try_again(
    clock: object, send: Send, providers: HttpSink, transport: str, answer: HttpReply, permanent: bool,
    wait: float | None, words: str,
) -> None:  # fmt: skip
    providers.answer(answer)
    error = failure(send, transport)
    assert (error.permanent, error.retry_after) == (permanent, wait)
    assert words in str(error)


OUTSIDE = sorted(ADDRESSES)


@pytest.mark.parametrize("transport", OUTSIDE)
def test_a_server_in_trouble_is_asked_again(send: Send, providers: HttpSink, transport: str) -> None:
    providers.answer(HttpReply(502, b"<html>Bad gateway</html>", {"Retry-After": "nonsense"}), RESET)
    assert not failure(send, transport).permanent
    assert not failure(send, transport).permanent


@pytest.mark.parametrize("transport", OUTSIDE)
def test_a_redirect_is_not_followed(send: Send, providers: HttpSink, transport: str) -> None:
    providers.answer(HttpReply(302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}))
    assert "redirect" in str(failure(send, transport))
    assert len(providers.requests()) == 1


@pytest.mark.parametrize("transport", OUTSIDE)
def test_an_answer_of_ten_megabytes_is_not_read(send: Send, providers: HttpSink, transport: str) -> None:
    providers.answer(HttpReply(200, b" " * 10_000_000))
    assert "larger than 64 KiB" in str(failure(send, transport))


@pytest.mark.parametrize("transport", OUTSIDE)
def test_a_private_address_is_not_called(send: Send, settings: Settings, transport: str) -> None:
    settings.ALLOWED_PRIVATE_NETWORKS = []
    error = failure(send, transport)
    assert error.permanent
    assert "not a public address" in str(error)


@pytest.mark.parametrize(
    "body", ["[]", "null", '{"ok":"yes"}', '{"ok":false,"error_code":"x"}', "\xff", "[" * 5000]
)
@pytest.mark.parametrize("transport", ["slack", "telegram", "ntfy", "discord", "sms"])
def test_an_answer_that_is_not_the_providers_is_no_success(
    send: Send, providers: HttpSink, transport: str, body: str
) -> None:
    providers.answer(HttpReply(200, body.encode("latin-1")))
    failure(send, transport)


@pytest.mark.parametrize("transport", ["slack", "telegram", "sms", "voice"])
def test_what_is_not_set_up_takes_the_next_method_at_once(
    send: Send, providers: HttpSink, settings: Settings, transport: str
) -> None:
    settings.SLACK_BOT_TOKEN = settings.TELEGRAM_BOT_TOKEN = settings.TWILIO_AUTH_TOKEN = ""
    assert failure(send, transport).permanent
    assert providers.requests() == []


def test_every_transport_of_the_ledger_is_there() -> None:
    assert set(transports.TRANSPORTS) == set(Delivery.Transport.values)
    assert set(ADDRESSES) == set(Delivery.Transport.values) - {"email", "in_app", "web_push"}
