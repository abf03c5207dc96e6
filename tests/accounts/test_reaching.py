"""How one is reached: contact methods, the codes that verify them, and tests of them."""

import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from pytest_django import Settings

from accounts.models import AuditEntry, ContactCode, ContactMethod, User
from common import clock as app_clock
from communications import outbox
from communications.models import Delivery
from tests.builders import NOON, fills, mail_method, matrix, method, rota
from tests.support.http_sink import HttpReply, HttpSink
from tests.support.smtp_sink import SmtpSink


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def as_bob(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


@pytest.fixture
def telephone(http_sink: HttpSink, settings: Settings) -> HttpSink:
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "s3cret"
    settings.TWILIO_FROM, settings.TWILIO_API_URL = "+15005550006", http_sink.url
    http_sink.answer(then=HttpReply(201, b'{"sid":"SM1","status":"queued"}'))
    return http_sink


def form(**fields: str) -> dict[str, str]:
    values = {"kind": "email", "address": "bob@phone.example", **fields}
    return {f"method-{name}": value for name, value in values.items()}


def add(client: Client, **fields: str) -> Any:
    return client.post("/me/contact-methods/add/", form(**fields))


def deliver() -> None:
    outbox.deliver(Delivery.objects.values_list("pk", flat=True))


def code_in(text: str) -> str:
    found = re.search(r"\b\d{6}\b", text)
    assert found
    return found[0]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def verify(client: Client, pk: int, code: str) -> Any:
    return client.post(f"/me/contact-methods/{pk}/verify/", {"code": code})


def received(smtp_sink: SmtpSink) -> str:
    deliver()
    return code_in(smtp_sink.mails()[-1].text)


def test_the_page_says_where_pages_go_now(as_bob: Client) -> None:
    page = as_bob.get("/me/reach/").content.decode()
    assert "Pages go to bob@example.org" in page
    assert "style=" not in page


def test_a_code_is_sent_by_the_method_itself_and_verifies_it(
    as_bob: Client, bob: User, smtp_sink: SmtpSink
) -> None:
    assert add(as_bob).status_code == 302
    [added] = bob.contact_methods.all()
    assert added.verified_at is None
    code = received(smtp_sink)
    assert smtp_sink.mails()[-1].recipients == ("bob@phone.example",)
    page = as_bob.get("/me/reach/").content.decode()
    assert "not verified" in page
    assert "Code delivered" in page
    assert verify(as_bob, added.pk, f" {code[:3]} {code[3:]} ").status_code == 302
    added.refresh_from_db()
    assert added.verified_at == NOON
    assert AuditEntry.objects.filter(action="contact_method.verified").count() == 1


def test_neither_ledger_nor_database_holds_the_code(as_bob: Client, bob: User, smtp_sink: SmtpSink) -> None:
    add(as_bob)
    code = received(smtp_sink)
    assert code not in str(Delivery.objects.values())
    assert code not in str(ContactCode.objects.values("nonce", "tries", "pk", "method_id"))


def test_a_number_in_its_national_form_gets_its_code_by_sms(
    as_bob: Client, bob: User, telephone: HttpSink
) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Europe/London")
    assert add(as_bob, kind="sms", address="07400 123 456").status_code == 302
    [added] = bob.contact_methods.all()
    assert added.address == "+447400123456"
    deliver()
    [request] = telephone.requests()
    assert "%2B447400123456" in request.body.decode()
    [row] = Delivery.objects.all()
    assert (row.kind, row.address) == ("code", "+44…456")
    assert "+44 7400 123456" in as_bob.get("/me/reach/").content.decode()


def test_pages_go_to_verified_methods_only_and_to_the_sign_in_address_without_one(
    bob: User, smtp_sink: SmtpSink
) -> None:
    unverified = mail_method(bob, "bob@typo.example")
    ContactMethod.objects.update(verified_at=None)
    assert [way.address for way in outbox.ways([bob])[bob.pk]] == ["", "bob@example.org"]
    ContactMethod.objects.filter(pk=unverified.pk).update(verified_at=NOON)
    assert [way.address for way in outbox.ways([bob])[bob.pk]] == ["", "bob@typo.example"]


def test_a_kind_that_is_no_longer_set_up_is_no_way(
    bob: User, telephone: HttpSink, settings: Settings
) -> None:
    method(bob, "sms", "+447400123456")
    assert [way.transport for way in outbox.ways([bob])[bob.pk]] == ["in_app", "sms"]
    settings.TWILIO_AUTH_TOKEN = ""
    assert [way.transport for way in outbox.ways([bob])[bob.pk]] == ["in_app", "email"]


def test_the_sign_in_address_needs_no_code(as_bob: Client, bob: User) -> None:
    assert add(as_bob, address="BOB@example.org").status_code == 302
    assert bob.contact_methods.get().verified_at == NOON
    assert not Delivery.objects.exists()


def test_wrong_codes_are_counted_and_five_are_the_most(
    as_bob: Client, bob: User, smtp_sink: SmtpSink
) -> None:
    add(as_bob)
    [added] = bob.contact_methods.all()
    code = received(smtp_sink)
    for left in ("4 tries are left", "3 tries are left", "2 tries are left", "1 try is left"):
        answer = verify(as_bob, added.pk, wrong(code))
        assert answer.status_code == 400
        assert left in answer.content.decode()
    assert "Five wrong codes" in verify(as_bob, added.pk, wrong(code)).content.decode()
    assert "Five wrong codes" in verify(as_bob, added.pk, code).content.decode()
    added.refresh_from_db()
    assert added.verified_at is None


def test_a_code_runs_out_after_ten_minutes(
    as_bob: Client, bob: User, smtp_sink: SmtpSink, clock: time_machine.Traveller
) -> None:
    add(as_bob)
    [added] = bob.contact_methods.all()
    code = received(smtp_sink)
    clock.shift(601)
    answer = verify(as_bob, added.pk, code)
    assert answer.status_code == 400
    assert "has run out" in answer.content.decode()


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "1234567", "１２３４５６", "' or 1=1"])
def test_what_cannot_be_a_code_is_refused_and_not_counted(as_bob: Client, bob: User, code: str) -> None:
    add(as_bob)
    [added] = bob.contact_methods.all()
    assert verify(as_bob, added.pk, code).status_code == 400
    assert ContactCode.objects.get().tries == 0


def test_a_new_code_makes_the_one_before_it_useless(
    as_bob: Client, bob: User, smtp_sink: SmtpSink, clock: time_machine.Traveller
) -> None:
    add(as_bob)
    [added] = bob.contact_methods.all()
    first = received(smtp_sink)
    assert "Another" not in as_bob.get("/me/reach/").content.decode()
    soon = as_bob.post(f"/me/contact-methods/{added.pk}/code/")
    assert soon.status_code == 429
    assert "another one in" in soon.content.decode()
    clock.shift(61)
    assert as_bob.post(f"/me/contact-methods/{added.pk}/code/").status_code == 302
    second = received(smtp_sink)
    assert first != second
    assert verify(as_bob, added.pk, first).status_code == 400
    assert verify(as_bob, added.pk, second).status_code == 302


def test_a_code_that_was_not_sent_in_time_is_not_sent_at_all(
    as_bob: Client, bob: User, smtp_sink: SmtpSink, clock: time_machine.Traveller
) -> None:
    add(as_bob)
    clock.shift(700)
    deliver()
    assert smtp_sink.mails() == []
    assert "no longer counts" in as_bob.get("/me/reach/").content.decode()


def test_ten_codes_an_hour_are_the_most_however_often_a_method_is_removed(
    as_bob: Client, bob: User, clock: time_machine.Traveller
) -> None:
    for n in range(10):
        assert add(as_bob, address=f"bob{n}@phone.example").status_code == 302
        bob.contact_methods.all().delete()
    answer = add(as_bob)
    assert answer.status_code == 400
    assert "codes an hour are the most" in answer.content.decode()
    clock.shift(3601)
    assert add(as_bob).status_code == 302


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"address": "not an address"}, "not a mail address"),
        ({"address": ""}, "not a mail address"),
        ({"address": "BOB@home.example"}, "already there"),
        ({"kind": "pigeon"}, "pigeon"),
        ({"kind": "slack", "address": "U024BE7LH"}, "not set up here"),
        ({"kind": "sms", "address": "123"}, "too few digits"),
        ({"kind": "sms", "address": "020 7946 0958"}, "gets no SMS"),
        ({"kind": "voice", "address": "0909 8790000"}, "cost extra"),
        ({"kind": "voice", "address": "+44 20 7946 0958 ext. 7"}, "extension"),
        ({"kind": "sms", "address": "+999 12345678"}, "No country has this code"),
        ({"kind": "sms", "address": "hello"}, "not a telephone number"),
        ({"kind": "sms", "address": "+447400123456" + "0" * 30}, "telephone number"),
        ({"kind": "ntfy", "address": "https://ntfy.sh/a/b"}, "name of the topic"),
        ({"kind": "ntfy", "address": "ümlaut"}, "not an address"),
        ({"kind": "webhook", "address": "ftp://example.com/x"}, "not an address"),
        ({"kind": "webhook", "address": "https://user:pw@example.com/"}, "user name"),
        ({"kind": "webhook", "address": "https://[::1"}, "not an address"),
        ({"kind": "webhook", "address": "https://example.com:99999/"}, "not an address"),
        ({"kind": "webhook", "address": "https://example.com/" + "x" * 500}, "500 characters"),
        ({"kind": "discord", "address": "https://discord.com/channels/1"}, "/api/webhooks/"),
        ({"kind": "mattermost", "address": "https://chat.example.com/"}, "/hooks/"),
    ],
)
def test_a_wrong_address_is_refused_with_its_reason(
    as_bob: Client, bob: User, telephone: HttpSink, change: dict[str, str], sentence: str
) -> None:
    User.objects.filter(pk=bob.pk).update(time_zone="Europe/London")
    mail_method(bob, "bob@home.example")
    answer = add(as_bob, **change)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert bob.contact_methods.count() == 1


def test_a_national_number_needs_a_country(as_bob: Client, telephone: HttpSink) -> None:
    answer = add(as_bob, kind="sms", address="07400 123456")
    assert "Begin with + and the country" in answer.content.decode()
    assert add(as_bob, kind="sms", address="+44 (0)7400 123456").status_code == 302


@pytest.mark.parametrize(
    ("kind", "written", "stored"),
    [
        ("ntfy", "bobs-pages", "https://ntfy.sh/bobs-pages"),
        ("ntfy", "ntfy.example.com/bobs-pages", "https://ntfy.example.com/bobs-pages"),
        ("ntfy", "https://ntfy.sh/bobs-pages/", "https://ntfy.sh/bobs-pages"),
        ("slack", "u024be7lh", "U024BE7LH"),
        ("telegram", " -100123456 ", "-100123456"),
        ("voice", "(415) 555-2671", "+14155552671"),
        ("webhook", "https://example.com/hook?x=1", "https://example.com/hook?x=1"),
    ],
)
def test_an_address_is_brought_into_one_form(
    as_bob: Client, bob: User, telephone: HttpSink, settings: Settings, kind: str, written: str, stored: str
) -> None:
    settings.SLACK_BOT_TOKEN = settings.TELEGRAM_BOT_TOKEN = "t"
    User.objects.filter(pk=bob.pk).update(time_zone="America/New_York")
    assert add(as_bob, kind=kind, address=written).status_code == 302
    assert bob.contact_methods.get().address == stored


def test_only_kinds_that_are_set_up_and_allowed_are_offered(
    as_bob: Client, telephone: HttpSink, settings: Settings
) -> None:
    page = as_bob.get("/me/reach/").content.decode()
    assert "?add=sms" in page
    assert "?add=slack" not in page
    settings.CONTACT_KINDS = ["email", "voice"]
    page = as_bob.get("/me/reach/?add=ntfy").content.decode()
    assert "?add=voice" in page
    assert "?add=ntfy" not in page
    assert "method-address" not in page


def test_a_webhook_shows_its_secret_to_its_owner_only(as_bob: Client, bob: User, erin: User) -> None:
    add(as_bob, kind="webhook", address="https://example.com/hook/s3cret")
    [added] = bob.contact_methods.all()
    assert added.secret.startswith("whsec_")
    assert added.secret in as_bob.get(f"/me/contact-methods/{added.pk}/").content.decode()
    admin = Client()
    admin.force_login(erin)
    page = admin.get(f"/admin/accounts/user/{bob.pk}/change/").content.decode()
    assert "example.com/…" in page
    assert "s3cret" not in page
    assert added.secret not in page


def test_an_address_is_neither_in_the_audit_log_nor_in_the_ledger(
    as_bob: Client, bob: User, telephone: HttpSink
) -> None:
    add(as_bob, kind="sms", address="+447400123456")
    telephone.answer(HttpReply(400, b'{"code":21211,"message":"+447400123456 is not a valid number"}'))
    deliver()
    assert "400123456" not in str(list(AuditEntry.objects.values()))
    assert "400123456" not in str(list(Delivery.objects.values()))
    assert "+44…456 is not a valid number" in as_bob.get("/me/reach/").content.decode()


def test_a_changed_address_needs_a_new_code(as_bob: Client, bob: User, smtp_sink: SmtpSink) -> None:
    added = mail_method(bob, "bob@old.example")
    mail_method(bob, "bob@other.example")
    change = {"address": "bob@new.example", "label": "phone", "is_active": "on"}
    assert as_bob.post(f"/me/contact-methods/{added.pk}/", change).status_code == 302
    added.refresh_from_db()
    assert (added.address, added.verified_at, added.label) == ("bob@new.example", None, "phone")
    code = received(smtp_sink)
    assert smtp_sink.mails()[-1].recipients == ("bob@new.example",)
    assert verify(as_bob, added.pk, code).status_code == 302


def test_what_waits_for_a_changed_address_goes_to_the_sign_in_address_instead(
    bob: User, smtp_sink: SmtpSink
) -> None:
    first = mail_method(bob, "bob@old.example")
    message = outbox.Message("Look", "at this")
    outbox.enqueue(kind="notice", topic="t", dedupe_key="k", user=bob, message=message, now=app_clock.now())
    ContactMethod.objects.filter(pk=first.pk).update(address="bob@new.example", verified_at=None)
    deliver()
    deliver()
    assert "not verified since" in Delivery.objects.get(contact_method=first).last_error
    assert [mail.recipients for mail in smtp_sink.mails()] == [("bob@example.org",)]


def test_the_last_method_is_removed_after_saying_what_happens_then(
    as_bob: Client, bob: User, alice: User
) -> None:
    matrix()
    fills("on_call", rota("Platform", bob, alice))
    added = mail_method(bob, "bob@phone.example")
    answer = as_bob.post(f"/me/contact-methods/{added.pk}/remove/")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "last verified way to reach Bob" in page
    assert "Bob is on call for Platform until 30 Mar 08:00." in page
    assert "pages go to bob@example.org" in page
    assert bob.contact_methods.exists()
    assert as_bob.post(f"/me/contact-methods/{added.pk}/remove/", {"knowing": "on"}).status_code == 302
    assert as_bob.post(f"/me/contact-methods/{added.pk}/remove/", {"knowing": "on"}).status_code == 404


@pytest.mark.parametrize("change", [{"is_active": ""}, {"address": "bob@new.example", "is_active": "on"}])
def test_the_last_method_is_switched_off_or_changed_after_saying_so(
    as_bob: Client, bob: User, change: dict[str, str]
) -> None:
    added = mail_method(bob, "bob@phone.example")
    form = {"address": "bob@phone.example", **change}
    answer = as_bob.post(f"/me/contact-methods/{added.pk}/", form)
    assert answer.status_code == 400
    assert "last verified way" in answer.content.decode()
    assert as_bob.post(f"/me/contact-methods/{added.pk}/", {**form, "knowing": "on"}).status_code == 302


def test_one_of_two_methods_is_removed_without_a_question(as_bob: Client, bob: User) -> None:
    mail_method(bob, "bob@home.example")
    added = mail_method(bob, "bob@phone.example")
    assert as_bob.post(f"/me/contact-methods/{added.pk}/remove/").status_code == 302


def test_the_order_can_be_changed(as_bob: Client, bob: User) -> None:
    mail_method(bob, "one@example.org")
    second = mail_method(bob, "two@example.org")
    for _ in range(2):
        as_bob.post(f"/me/contact-methods/{second.pk}/move/", {"direction": "up"})
        assert [m.address for m in bob.contact_methods.all()] == ["two@example.org", "one@example.org"]


def test_a_test_says_what_became_of_it(as_bob: Client, bob: User, telephone: HttpSink) -> None:
    added = method(bob, "sms", "+447400123456")
    assert as_bob.post(f"/me/contact-methods/{added.pk}/test/").status_code == 302
    assert "Test on its way" in as_bob.get("/me/reach/").content.decode()
    deliver()
    [request] = telephone.requests()
    assert "This+is+a+test" in request.body.decode()
    assert Delivery.objects.get().kind == Delivery.Kind.TEST
    assert "Test delivered" in as_bob.get("/me/reach/").content.decode()
    telephone.answer(HttpReply(400, b'{"code":21610,"message":"Attempt to send to unsubscribed recipient"}'))
    as_bob.post(f"/me/contact-methods/{added.pk}/test/")
    deliver()
    assert (
        "Test failed: The telephone service answered 400: Attempt"
        in as_bob.get("/me/reach/").content.decode()
    )


def test_five_tests_in_ten_minutes_are_the_most(
    as_bob: Client, bob: User, clock: time_machine.Traveller
) -> None:
    added = mail_method(bob, "bob@phone.example")
    for _ in range(5):
        assert as_bob.post(f"/me/contact-methods/{added.pk}/test/").status_code == 302
    answer = as_bob.post(f"/me/contact-methods/{added.pk}/test/")
    assert answer.status_code == 429
    assert "are the most" in answer.content.decode()
    clock.shift(timedelta(minutes=11))
    assert as_bob.post(f"/me/contact-methods/{added.pk}/test/").status_code == 302


def test_what_is_not_verified_is_not_tested(as_bob: Client, bob: User) -> None:
    added = mail_method(bob, "bob@phone.example")
    ContactMethod.objects.update(verified_at=None)
    answer = as_bob.post(f"/me/contact-methods/{added.pk}/test/")
    assert answer.status_code == 409
    assert "Verify this contact method first" in answer.content.decode()


@pytest.mark.parametrize("what", ["", "remove/", "move/", "test/", "code/", "verify/"])
def test_somebody_elses_contact_method_is_not_there(as_bob: Client, carol: User, what: str) -> None:
    hers = mail_method(carol, "carol@example.org")
    assert as_bob.post(f"/me/contact-methods/{hers.pk}/{what}", {"code": "123456"}).status_code == 404


def test_the_api_does_the_same(as_bob: Client, bob: User, smtp_sink: SmtpSink) -> None:
    def post(path: str, **body: object) -> Any:
        return as_bob.post(f"/api/v1/me/contact-methods{path}", body, content_type="application/json")

    added = post("", kind="email", address="bob@phone.example")
    assert (added.status_code, added.json()["verified_at"]) == (201, None)
    pk = added.json()["id"]
    code = received(smtp_sink)
    refused = post(f"/{pk}/verify", code=wrong(code))
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (400, "code")
    assert post(f"/{pk}/code").status_code == 429
    assert post(f"/{pk}/verify", code=code).json()["verified_at"] is not None
    assert post(f"/{pk}/code").status_code == 409
    assert post(f"/{pk}/test").status_code == 202
    last = as_bob.delete(f"/api/v1/me/contact-methods/{pk}")
    assert (last.status_code, last.json()["errors"][0]["code"]) == (409, "last_method")
    assert as_bob.delete(f"/api/v1/me/contact-methods/{pk}?knowing=true").status_code == 204
    hook = post("", kind="webhook", address="https://example.com/hook")
    assert hook.json()["secret"].startswith("whsec_")
    assert "secret" not in as_bob.get("/api/v1/me/contact-methods").json()[0]


def test_an_admin_can_add_a_method_but_not_vouch_for_it(client: Client, bob: User, erin: User) -> None:
    client.force_login(erin)
    prefix = "contact_methods"
    data = {
        "name": "Bob", "email": "bob@example.org", "role": "responder", "time_zone": "Europe/London", "is_active": "on",
        f"{prefix}-TOTAL_FORMS": "2", f"{prefix}-INITIAL_FORMS": "0",
        f"{prefix}-0-kind": "email", f"{prefix}-0-address": "bob@phone.example", f"{prefix}-0-position": "0",
        f"{prefix}-0-delay_minutes": "0", f"{prefix}-0-low_delay_minutes": "", f"{prefix}-0-is_active": "on",
        f"{prefix}-1-kind": "email", f"{prefix}-1-address": "bob@example.org", f"{prefix}-1-position": "1",
        f"{prefix}-1-delay_minutes": "0", f"{prefix}-1-is_active": "on",
    }  # fmt: skip
    assert client.post(f"/admin/accounts/user/{bob.pk}/change/", data).status_code == 302
    assert [m.verified_at is not None for m in bob.contact_methods.all()] == [False, True]
    data[f"{prefix}-0-address"] = "nonsense"
    answer = client.post(f"/admin/accounts/user/{bob.pk}/change/", data)
    assert "not a mail address" in answer.content.decode()


def test_an_upgrade_leaves_everybody_reachable_where_they_were_reached(bob: User) -> None:
    sign_in, used, never = (mail_method(bob, f"{name}@example.org") for name in ("BOB", "used", "never"))
    message = outbox.Message("Look", "at this")
    outbox.enqueue(kind="notice", topic="t", dedupe_key="k", user=bob, message=message, now=app_clock.now())
    Delivery.objects.filter(contact_method=used).update(state=Delivery.State.DELIVERED)
    ContactMethod.objects.update(verified_at=None)
    import_module("communications.migrations.0004_verify_methods_in_use").verify(apps, None)
    verified = bob.contact_methods.exclude(verified_at=None)
    assert list(verified) == [sign_in, used]
    assert never not in verified
