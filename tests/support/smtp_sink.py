"""A real SMTP server that keeps the mail it gets, and fails as it is told.

def test_a_busy_server_is_asked_again(smtp_sink):
    smtp_sink.answer(refuse("451 4.3.0 try later"), then=ACCEPT)
    ...
    [mail] = smtp_sink.mails()
    assert mail.subject == "Webhooks down"
"""

import asyncio
import contextlib
import email.policy
import logging
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings

from tests.support.recorder import Recorder, Script

# A client that gives up is what the tests are about, not news.
logging.getLogger("mail.log").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Mail:
    """One accepted message, with the envelope it came in and when it came (time.time())."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    arrived: float

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text part."""
        body = self.message.get_body(("plain",))
        return "" if body is None else str(body.get_content())

    @property
    def html(self) -> str:
        body = self.message.get_body(("html",))
        return "" if body is None else str(body.get_content())


@dataclass(frozen=True)
class SmtpReply:
    """What happens to one message, once its text has been received."""

    line: str = "250 OK"
    keep: bool = True
    hang: bool = False
    reset: bool = False


ACCEPT = SmtpReply()
HANG = SmtpReply(keep=False, hang=True)
RESET = SmtpReply(keep=False, reset=True)
# The mail is taken, but the client never learns of it: the outcome nobody can know.
RESET_AFTER_ACCEPTING = SmtpReply(reset=True)


def refuse(line: str) -> SmtpReply:
    """Answers with this line, such as "451 4.3.0 try later" or "550 5.1.1 no such user"."""
    return SmtpReply(line=line, keep=False)


class SmtpSink(Controller):
    """Use it as a context manager; `host` and `port` say where it listens."""

    def __init__(self) -> None:
        self.mails: Recorder[Mail] = Recorder()
        self._script = Script(ACCEPT)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host, listening_port = self._socket.getsockname()[:2]
        super().__init__(self, hostname=self.host, port=listening_port, enable_SMTPUTF8=True)

    def answer(self, *replies: SmtpReply, then: SmtpReply = ACCEPT) -> None:
        """Gives the next messages these replies in turn, and every later one `then`."""
        self._script.set(*replies, then=then)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd calls this for each message and sends what it returns."""
        reply = self._script.take()
        if reply.keep:
            self.mails.add(_mail(envelope))
        if reply.hang:
            # Until the client gives up: aiosmtpd cancels this when the connection goes.
            await asyncio.Event().wait()
        if reply.reset:
            _reset(cast("asyncio.Transport", server.transport))
        return reply.line

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)

    def __enter__(self) -> "SmtpSink":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def _mail(envelope: Envelope) -> Mail:
    message = email.message_from_bytes(cast("bytes", envelope.content), policy=email.policy.default)
    return Mail(
        str(envelope.mail_from),
        tuple(map(str, envelope.rcpt_tos)),
        message,
        time.time(),
    )


def _reset(transport: asyncio.Transport) -> None:
    """Lets the client see "connection reset by peer", not an orderly end."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


@pytest.fixture
def smtp_sink(settings: Settings) -> Iterator[SmtpSink]:
    """A running mail server, which Django's mail is sent to during the test."""
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(SmtpSink())
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = sink.host
        settings.EMAIL_PORT = sink.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        yield sink
