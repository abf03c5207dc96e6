"""Web Push: what a browser can read and nobody else, who sent it, and subscriptions that are gone."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from common import webpush
from common.webpush import b64, unb64
from communications import outbox
from communications.models import Delivery
from tests import builders
from tests.builders import NOON
from tests.support.http_sink import HttpReply, HttpSink


class Browser:
    """A browser's side of a subscription: it reads what was encrypted for it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"

    @property
    def secret(self) -> str:
        return f"{b64(webpush.public_bytes(self.key))}.{b64(self.auth)}"

    def read(self, body: bytes) -> Any:
        salt, length = body[:16], body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        info = b"WebPush: info\0" + webpush.public_bytes(self.key) + sender
        secret = webpush._derive(self.auth, self.key.exchange(ec.ECDH(), point), info, 32)
        key = webpush._derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = webpush._derive(salt, secret, b"Content-Encoding: nonce\0", 12)
        return json.loads(AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\2"))


@pytest.fixture
def service(http_sink: HttpSink, settings: Settings) -> HttpSink:
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.SITE_URL = "https://allclear.example"
    http_sink.answer(then=HttpReply(201))
    return http_sink


@pytest.fixture
def browser() -> Browser:
    return Browser()


def page_bob(bob: User, *, text: str = "Webhooks return 500.", sign: str = "7") -> None:
    message = outbox.Message("[SEV-1] INC-1 Down", text, path="/p/{token}/", sign=("escalation.page", sign))
    outbox.enqueue(kind="page", topic="page:1", dedupe_key="page:1", user=bob, message=message, now=NOON)
    outbox.deliver(
        Delivery.objects.exclude(transport="in_app").order_by("due_at").values_list("pk", flat=True)
    )


def test_the_example_of_the_standard_comes_out() -> None:
    """RFC 8291, appendix A."""
    sender = ec.derive_private_key(
        int.from_bytes(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    receiver = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    made = webpush.encrypt(
        b"When I grow up, I want to be a watermelon",
        unb64(receiver),
        unb64("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=unb64("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=sender,
    )
    assert b64(made) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
        "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_page_arrives_readable_for_the_browser_only(
    clock: object, bob: User, service: HttpSink, browser: Browser
) -> None:
    builders.method(bob, "web_push", f"{service.url}/send/s3cret", secret=browser.secret)
    page_bob(bob, text="Webhooks return 500. " * 500)
    [request] = service.requests()
    assert b"Webhooks" not in request.body
    assert len(request.body) <= 4096
    said = browser.read(request.body)
    assert (said["title"], said["is_page"]) == ("[SEV-1] INC-1 Down", True)
    assert said["acknowledge"] == f"{said['url']}acknowledge/"
    assert said["url"].startswith("https://allclear.example/p/7:")
    assert (request.headers["urgency"], request.headers["content-encoding"]) == ("high", "aes128gcm")
    assert "s3cret" not in str(list(Delivery.objects.values()))


def test_the_service_is_told_who_sends_for_half_a_day(
    clock: object, bob: User, service: HttpSink, browser: Browser
) -> None:
    builders.method(bob, "web_push", f"{service.url}/send/1", secret=browser.secret)
    page_bob(bob)
    [request] = service.requests()
    token, key = request.headers["authorization"].removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    read = json.loads(unb64(claims))
    assert read["aud"] == service.url
    assert read["exp"] == int((NOON + timedelta(hours=12)).timestamp())
    assert read["sub"].startswith("mailto:")
    raw = unb64(signature)
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    sender.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


def test_a_repeated_delivery_replaces_the_one_that_waits(
    clock: object, bob: User, service: HttpSink, browser: Browser
) -> None:
    builders.method(bob, "web_push", f"{service.url}/send/1", secret=browser.secret)
    service.answer(HttpReply(500), then=HttpReply(201))
    page_bob(bob)
    Delivery.objects.update(next_attempt_at=NOON)
    outbox.deliver(Delivery.objects.values_list("pk", flat=True))
    first, again = (request.headers["topic"] for request in service.requests())
    assert first == again
    assert len(first) == 32


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_is_switched_off_and_the_next_method_is_used(
    clock: object, bob: User, service: HttpSink, browser: Browser, status: int
) -> None:
    gone = builders.method(bob, "web_push", f"{service.url}/send/1", secret=browser.secret)
    builders.method(bob, "ntfy", f"{service.url}/bobs-pages", delay_minutes=5, position=1)
    ok = HttpReply(200, b'{"event":"message"}')
    service.answer(HttpReply(status, b"push subscription has unsubscribed or expired"), then=ok)
    page_bob(bob)
    outbox.deliver(Delivery.objects.filter(transport="ntfy").values_list("pk", flat=True))
    gone.refresh_from_db()
    assert not gone.is_active
    assert Delivery.objects.get(transport="web_push").last_error == "This browser's subscription is gone."
    assert Delivery.objects.get(transport="ntfy").state == Delivery.State.DELIVERED


def test_too_many_messages_wait_as_long_as_the_service_asks(
    clock: object, bob: User, service: HttpSink, browser: Browser
) -> None:
    builders.method(bob, "web_push", f"{service.url}/send/1", secret=browser.secret)
    service.answer(HttpReply(429, headers={"Retry-After": "20"}))
    page_bob(bob)
    assert Delivery.objects.get(transport="web_push").next_attempt_at == NOON + timedelta(seconds=20)


def test_a_browser_is_added_with_its_keys_and_verified_by_a_code_like_any_method(
    client: Client, bob: User, service: HttpSink, browser: Browser
) -> None:
    client.force_login(bob)
    form = {
        "method-kind": "web_push",
        "method-address": f"{service.url}/send/1",
        "method-secret": browser.secret,
    }
    assert client.post("/me/contact-methods/add/", form).status_code == 302
    outbox.deliver(Delivery.objects.values_list("pk", flat=True))
    [request] = service.requests()
    said = browser.read(request.body)
    code = said["body"].removeprefix("Your Allclear code is ")[:6]
    [added] = bob.contact_methods.all()
    assert client.post(f"/me/contact-methods/{added.pk}/verify/", {"code": code}).status_code == 302
    page = client.get(f"/me/contact-methods/{added.pk}/").content.decode()
    assert browser.secret not in page


@pytest.mark.parametrize("secret", ["", "x", "a.b", "!.!", f"{b64(b'4' * 65)}.{b64(b'a' * 16)}", "é.é"])
def test_keys_that_are_none_are_refused(client: Client, bob: User, secret: str) -> None:
    client.force_login(bob)
    form = {"method-kind": "web_push", "method-address": "https://push.example/1", "method-secret": secret}
    answer = client.post("/me/contact-methods/add/", form)
    assert answer.status_code == 400
    assert "not the keys of a browser" in answer.content.decode()


def test_the_key_is_the_settings_or_one_that_stays_the_same(settings: Settings) -> None:
    own = webpush.private_key("", "a secret key")
    assert webpush.public_bytes(own) == webpush.public_bytes(webpush.private_key("", "a secret key"))
    assert webpush.public_bytes(own) != webpush.public_bytes(webpush.private_key("", "another"))
    given = webpush.private_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw", "")
    assert b64(webpush.public_bytes(given)).startswith("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg")
    for wrong in ("x", "AAAA", b64(b"\xff" * 32), b64(b"\0" * 32)):
        with pytest.raises(ValueError, match=r"key|base64"):
            webpush.private_key(wrong, "")


def test_the_worker_is_at_the_root_and_is_asked_for_anew(client: Client) -> None:
    answer = client.get("/push-worker.js")
    assert answer["Content-Type"] == "text/javascript"
    assert answer["Cache-Control"] == "no-cache"
    assert b"notificationclick" in answer.content
