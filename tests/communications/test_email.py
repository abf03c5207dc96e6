"""Mail, as a real mail server gets it."""

import socket

import pytest
from pytest_django import Settings

from common import clock as app_clock
from communications.models import Delivery
from communications.transports import email
from communications.transports.base import Outgoing, TransportError
from tests.builders import bare_incident
from tests.support.smtp_sink import HANG, RESET, RESET_AFTER_ACCEPTING, SmtpSink, refuse

pytestmark = pytest.mark.django_db


def mail(**fields: object) -> Outgoing:
    values: dict[str, object] = {
        "kind": Delivery.Kind.PAGE,
        "key": "page:1:email",
        "subject": "[SEV-1] INC-1 Webhooks down",
        "text": "Webhooks return 500.\n\nYou are on call for Platform.",
        "html": "",
        "url": "http://127.0.0.1:8000/p/abc:1x2:sig/",
        "path": "/p/{token}/",
        "address": "bob@example.com",
        "user": None,
        "incident": None,
    }
    return Outgoing(**{**values, **fields})  # type: ignore[arg-type]


def test_a_page_says_what_is_wrong_first_and_has_its_link_in_both_parts(smtp_sink: SmtpSink) -> None:
    email.send(mail(incident=bare_incident()))

    [arrived] = smtp_sink.mails()
    assert arrived.subject == "[SEV-1] INC-1 Webhooks down"
    assert arrived.text.splitlines()[0] == "Webhooks return 500."
    assert "http://127.0.0.1:8000/p/abc:1x2:sig/" in arrived.text
    assert 'href="http://127.0.0.1:8000/p/abc:1x2:sig/"' in arrived.html
    assert "See it and answer" in arrived.html
    assert arrived.message["Importance"] == "high"


def test_an_incidents_mails_form_one_thread_and_a_repetition_keeps_its_message_id(
    smtp_sink: SmtpSink,
) -> None:
    incident = bare_incident()

    email.send(mail(incident=incident))
    email.send(mail(incident=incident))
    email.send(mail(incident=incident, key="page:2:email"))

    first, again, other = (arrived.message for arrived in smtp_sink.mails())
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert {first["References"], other["References"]} == {f"<incident-{incident.number}@127.0.0.1>"}


def test_html_in_a_title_stays_text(smtp_sink: SmtpSink) -> None:
    email.send(mail(text="<script>alert(1)</script> & down"))

    [arrived] = smtp_sink.mails()
    assert arrived.text.startswith("<script>alert(1)</script> & down")
    assert "<script>" not in arrived.html


def test_letters_of_all_scripts_arrive(smtp_sink: SmtpSink) -> None:
    email.send(mail(subject="🚨 تعطّل الدفع", text="支付失败"))

    [arrived] = smtp_sink.mails()
    assert arrived.subject == "🚨 تعطّل الدفع"
    assert arrived.text.startswith("支付失败")


@pytest.mark.parametrize("address", ["bob@example.com\nBcc: eve@example.com", "not an address"])
def test_an_unusable_address_is_permanent_and_nothing_is_smuggled_in(
    address: str, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer(then=refuse("553 5.1.3 bad address"))

    with pytest.raises(TransportError) as caught:
        email.send(mail(address=address))

    assert caught.value.permanent
    assert smtp_sink.mails() == []


@pytest.mark.parametrize(
    ("reply", "permanent"),
    [
        (refuse("451 4.3.0 try later"), False),
        (refuse("421 4.3.2 shutting down"), False),
        (refuse("550 5.1.1 no such user"), True),
        (refuse("552 5.2.2 mailbox full"), True),
        (RESET, False),
        (RESET_AFTER_ACCEPTING, False),
    ],
)
def test_what_the_server_says_decides_whether_to_try_again(
    reply: object, permanent: bool, smtp_sink: SmtpSink
) -> None:
    smtp_sink.answer(reply)  # type: ignore[arg-type]

    with pytest.raises(TransportError) as caught:
        email.send(mail())

    assert caught.value.permanent is permanent


def test_a_server_that_hangs_is_given_up(smtp_sink: SmtpSink, settings: Settings) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    smtp_sink.answer(HANG)

    with pytest.raises(TransportError) as caught:
        email.send(mail())

    assert not caught.value.permanent


def test_a_conversation_drawn_out_step_by_step_is_broken_off(
    smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(email, "WHOLE_CONVERSATION_SECONDS", 0.2)
    smtp_sink.answer(HANG)
    begun = app_clock.now()

    with pytest.raises(TransportError) as caught:
        email.send(mail())

    assert not caught.value.permanent
    assert (app_clock.now() - begun).total_seconds() < 2


def test_a_server_that_is_down_is_temporary(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.EMAIL_PORT = listener.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"

    with pytest.raises(TransportError, match="No answer from the mail server") as caught:
        email.send(mail())

    assert not caught.value.permanent
