"""Calling addresses that somebody typed: only public ones, only once resolved, never for long."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from common import outbound
from common.outbound import OutboundFailed, OutboundRefused
from tests.support.http_sink import HANG, RESET, HttpReply, HttpSink


@pytest.fixture
def loopback_allowed(settings: Settings) -> None:
    settings.ALLOWED_PRIVATE_NETWORKS = ["127.0.0.0/8"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2002:a00:1::1", "2001:0:1:1:1:1:80ff:fffe", "2001:db8::1",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused_however_it_is_written(address: str) -> None:
    assert not outbound.is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14"])
def test_a_public_address_may_be_called(address: str) -> None:
    assert outbound.is_allowed(ipaddress.ip_address(address))


def test_a_network_that_an_admin_allows_may_be_called(settings: Settings) -> None:
    settings.ALLOWED_PRIVATE_NETWORKS = ["10.0.0.0/8"]

    assert outbound.is_allowed(ipaddress.ip_address("10.1.2.3"))
    assert outbound.is_allowed(ipaddress.ip_address("::ffff:10.1.2.3"))
    assert not outbound.is_allowed(ipaddress.ip_address("192.168.1.1"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://localhost/", "http://[::1]/",
        "http://[::ffff:127.0.0.1]/", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "//x/",
        "http://", "http://user:secret@127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/",
        "http://127.0.0.1/\r\nX: y", "",
    ],
)  # fmt: skip
def test_a_dangerous_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises((OutboundRefused, OutboundFailed)) as caught:
        outbound.request("GET", url)

    assert isinstance(caught.value, OutboundRefused) or "has no address" in str(caught.value)


def test_nothing_reaches_a_private_server(http_sink: HttpSink) -> None:
    with pytest.raises(OutboundRefused, match="is not a public address"):
        outbound.request("POST", http_sink.url, body=b"x")

    assert http_sink.requests() == []


@pytest.mark.usefixtures("loopback_allowed")
def test_an_allowed_address_gets_the_request_and_its_answer_comes_back(http_sink: HttpSink) -> None:
    http_sink.answer(HttpReply(202, b'{"ok": true}', {"X-Id": "7"}))

    answer = outbound.request(
        "POST", f"{http_sink.url}/hook?a=1", body=b"{}", headers={"Idempotency-Key": "k"}
    )

    [arrived] = http_sink.requests()
    assert (arrived.method, arrived.path, arrived.body) == ("POST", "/hook?a=1", b"{}")
    assert arrived.headers["idempotency-key"] == "k"
    assert (answer.status, answer.body, answer.headers["x-id"]) == (202, b'{"ok": true}', "7")


@pytest.mark.usefixtures("loopback_allowed")
def test_a_redirect_is_not_followed(http_sink: HttpSink) -> None:
    http_sink.answer(HttpReply(302, headers={"Location": "http://169.254.169.254/"}))

    assert outbound.request("GET", http_sink.url).status == 302
    assert len(http_sink.requests()) == 1


@pytest.mark.usefixtures("loopback_allowed")
def test_an_answer_of_more_than_64_kib_is_refused(http_sink: HttpSink) -> None:
    http_sink.answer(HttpReply(body=b"x" * 65_536), HttpReply(body=b"x" * 65_537))

    assert len(outbound.request("GET", http_sink.url).body) == 65_536
    with pytest.raises(OutboundFailed, match="64 KiB"):
        outbound.request("GET", http_sink.url)


@pytest.mark.usefixtures("loopback_allowed")
def test_a_caller_may_take_more_than_that(http_sink: HttpSink) -> None:
    http_sink.answer(HttpReply(body=b"x" * 131_072), HttpReply(body=b"x" * 131_073))

    assert len(outbound.request("GET", http_sink.url, limit=131_072).body) == 131_072
    with pytest.raises(OutboundFailed, match="128 KiB"):
        outbound.request("GET", http_sink.url, limit=131_072)


@pytest.mark.usefixtures("loopback_allowed")
@pytest.mark.parametrize("reply", [HANG, RESET])
def test_a_server_that_hangs_or_resets_fails_in_time(reply: HttpReply, http_sink: HttpSink) -> None:
    http_sink.answer(reply)

    with pytest.raises(OutboundFailed):
        outbound.request("GET", http_sink.url, seconds=0.3)


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends a byte at a time, each just in time, and never ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve() -> None:
        line, _ = listener.accept()
        with line:
            line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not stop.wait(0.05):
                try:
                    line.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    stop.set()
    listener.close()
    thread.join(timeout=5)


@pytest.mark.usefixtures("loopback_allowed")
def test_the_time_limit_is_for_the_whole_exchange(dripping: str) -> None:
    with pytest.raises(OutboundFailed):
        outbound.request("GET", dripping, seconds=0.4)


@pytest.mark.usefixtures("loopback_allowed")
def test_a_name_that_changes_its_answer_is_asked_only_once(
    http_sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["127.0.0.1", "169.254.169.254"]
    real, asked = socket.getaddrinfo, []

    def rebinding(host: Any, *arguments: Any, **options: Any) -> Any:
        if host != "rebind.example":
            return real(host, *arguments, **options)
        asked.append(host)
        return real(answers[len(asked) - 1], *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    port = http_sink.url.rsplit(":")[-1]

    answer = outbound.request("GET", f"http://rebind.example:{port}/")

    assert answer.status == 200
    assert asked == ["rebind.example"]
    assert http_sink.requests()[0].headers["host"] == f"rebind.example:{port}"


def test_one_private_address_among_several_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(2, 1, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: rows)

    with pytest.raises(OutboundRefused):
        outbound.resolve("mixed.example", 80)


@pytest.mark.usefixtures("loopback_allowed")
def test_tls_is_about_the_name_and_a_certificate_of_nobody_is_refused(http_sink: HttpSink) -> None:
    with pytest.raises(OutboundFailed) as caught:
        outbound.request("GET", http_sink.url.replace("http:", "https:"), seconds=1)

    assert isinstance(caught.value.__cause__, ssl.SSLError | OSError)


@pytest.mark.usefixtures("loopback_allowed")
def test_a_header_with_a_line_break_is_refused(http_sink: HttpSink) -> None:
    with pytest.raises(OutboundRefused, match="cannot be sent"):
        outbound.request("GET", http_sink.url, headers={"X": "a\r\nY: b"})

    assert http_sink.requests() == []
