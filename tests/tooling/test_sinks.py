"""The sinks must fail just as a real server does: what the application's tests show rests on them."""

import smtplib
from collections.abc import Iterator

import pytest
import requests
from django.core.mail import EmailMultiAlternatives, send_mail

from tests.support import http_sink as http
from tests.support import smtp_sink as smtp


@pytest.fixture
def client(smtp_sink: smtp.SmtpSink) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port, timeout=0.3) as client:
        yield client


def send(client: smtplib.SMTP, text: str = "Subject: hi\n\nthere") -> None:
    client.sendmail("allclear@example.com", ["ana@example.com"], text)


def test_djangos_mail_arrives_with_both_parts(smtp_sink: smtp.SmtpSink) -> None:
    message = EmailMultiAlternatives("Dienst gestört", "text ü", "from@example.com", ["ana@example.com"])
    message.attach_alternative("<p>html ü</p>", "text/html")
    message.send()
    [mail] = smtp_sink.mails.wait_for(1)
    assert (mail.subject, mail.recipients) == ("Dienst gestört", ("ana@example.com",))
    assert (mail.text.strip(), mail.html.strip()) == ("text ü", "<p>html ü</p>")


def test_refusals_are_answered_in_order_and_then_mail_is_accepted(
    smtp_sink: smtp.SmtpSink, client: smtplib.SMTP
) -> None:
    smtp_sink.answer(smtp.refuse("451 4.3.0 try later"), smtp.refuse("550 5.1.1 no such user"))
    for code in (451, 550):
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            send(client)
        assert refusal.value.smtp_code == code
    send(client)
    assert len(smtp_sink.mails()) == 1


def test_a_server_that_hangs_runs_into_the_clients_time_limit(
    smtp_sink: smtp.SmtpSink, client: smtplib.SMTP
) -> None:
    smtp_sink.answer(then=smtp.HANG)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(client)
    assert smtp_sink.mails() == []


@pytest.mark.parametrize(("reply", "kept"), [(smtp.RESET, 0), (smtp.RESET_AFTER_ACCEPTING, 1)])
def test_a_reset_leaves_the_client_without_an_answer(
    smtp_sink: smtp.SmtpSink, client: smtplib.SMTP, reply: smtp.SmtpReply, kept: int
) -> None:
    smtp_sink.answer(reply)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="reset by peer"):
        send(client)
    assert len(smtp_sink.mails()) == kept


def test_mail_that_does_not_come_is_a_failure_that_says_so(smtp_sink: smtp.SmtpSink) -> None:
    send_mail("one", "text", None, ["ana@example.com"])
    with pytest.raises(AssertionError, match="1 of 2 arrived"):
        smtp_sink.mails.wait_for(2, seconds=0.01)


def test_requests_are_kept_with_headers_and_body(http_sink: http.HttpSink) -> None:
    requests.post(f"{http_sink.url}/hook?a=1", json={"x": 1}, headers={"Idempotency-Key": "k"}, timeout=2)
    [request] = http_sink.requests()
    assert (request.method, request.path, request.json) == ("POST", "/hook?a=1", {"x": 1})
    assert request.headers["idempotency-key"] == "k"


def test_web_replies_are_given_in_order(http_sink: http.HttpSink) -> None:
    http_sink.answer(http.HttpReply(429, headers={"Retry-After": "7"}), then=http.HttpReply(204))
    first, second, third = (requests.get(http_sink.url, timeout=2) for _ in range(3))
    assert first.headers["Retry-After"] == "7"
    assert (first.status_code, second.status_code, third.status_code) == (429, 204, 204)


def test_a_web_reset_is_seen_as_one(http_sink: http.HttpSink) -> None:
    http_sink.answer(http.RESET)
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        requests.post(http_sink.url, data=b"x", timeout=2)
    assert len(http_sink.requests()) == 1


def test_a_web_server_that_hangs_runs_into_the_clients_time_limit(http_sink: http.HttpSink) -> None:
    http_sink.answer(http.HANG)
    with pytest.raises(requests.ReadTimeout):
        requests.get(http_sink.url, timeout=0.1)
