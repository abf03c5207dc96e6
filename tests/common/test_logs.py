"""Logs: one JSON object a line, with ids and without secrets."""

import json
import logging
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from common import logs
from tests.builders import bare_incident


def line(message: str, *args: object, **extra: Any) -> dict[str, Any]:
    """What a record looks like in the log."""
    logger = logging.getLogger("test")
    record = logger.makeRecord("test", logging.WARNING, __file__, 1, message, args, None, extra=extra)
    parsed: dict[str, Any] = json.loads(logs.formatter(json=True).format(record))
    return parsed


def test_a_record_is_one_json_object() -> None:
    found = line("page.late", page=7)
    assert (found["event"], found["page"], found["level"], found["logger"]) == (
        "page.late",
        7,
        "warning",
        "test",
    )
    assert found["timestamp"].endswith("Z")


def test_a_line_break_in_a_message_stays_in_its_line() -> None:
    record = logging.makeLogRecord({"msg": "one\ntwo", "levelname": "INFO"})
    assert "\n" not in logs.formatter(json=True).format(record)


@pytest.mark.parametrize(
    "text",
    [
        "Not Found: /p/MTI:1tXyz:SeCrEt/",
        "/api/v1/alerts/SeCrEt failed",
        "Method Not Allowed (OPTIONS): /calendar/SeCrEt.ics",
        "Authorization: Bearer ac_0123456789ab_SeCrEt",
        "key ac_0123456789ab_SeCrEt",
        "/account/password/reset/key/2-SeCrEt-1234/",
    ],
)
def test_secrets_are_masked_wherever_they_stand(text: str) -> None:
    assert "SeCrEt" not in str(line(text))
    assert "SeCrEt" not in str(line("%s", text))
    assert "SeCrEt" not in str(line("x", extra_text=text, nested={"path": text}))


def test_an_exception_is_part_of_its_line() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = logging.getLogger("test").makeRecord(
            "test", logging.ERROR, __file__, 1, "it.failed", (), __import__("sys").exc_info()
        )
    text = logs.formatter(json=True).format(record)
    assert "ValueError: broken" in json.loads(text)["exception"]
    assert "\n" not in text


def test_a_request_is_logged_with_its_ids(
    client: Client, bob: User, capsys: pytest.CaptureFixture[str]
) -> None:
    incident = bare_incident()
    client.force_login(bob)
    root = logging.getLogger()
    [handler] = [handler for handler in root.handlers if handler.name == "allclear"]
    before = handler.formatter
    handler.setFormatter(logs.formatter(json=True))
    try:
        client.get(
            f"/incidents/{incident.reference}/timeline.json?q=private",
            headers={"X-Request-Id": "request-0001"},
        )
    finally:
        handler.setFormatter(before)
    lines = [json.loads(text) for text in capsys.readouterr().err.splitlines() if text.startswith("{")]
    [found] = [entry for entry in lines if entry["event"] == "request.finished"]
    assert (found["request_id"], found["user"], found["incident"]) == (
        "request-0001",
        bob.pk,
        incident.reference,
    )
    assert (found["method"], found["status"]) == ("GET", 200)
    assert found["route"] == "/incidents/<str:reference>/timeline.json"
    assert "private" not in str(found)


@pytest.mark.parametrize("given", ["", "x", "with space 123", "x" * 80, "new\nline12345"])
def test_a_malformed_request_id_is_replaced(client: Client, db: None, given: str) -> None:
    answer = client.get("/health", headers={"X-Request-Id": given})
    assert answer["X-Request-Id"] != given
    assert len(answer["X-Request-Id"]) == 32


@pytest.mark.parametrize("name", ["django.request", "django.security.DisallowedHost"])
@pytest.mark.parametrize(("status", "has_trace"), [(400, False), (403, False), (404, False), (500, True)])
def test_only_what_broke_keeps_its_traceback(name: str, status: int, has_trace: bool) -> None:
    try:
        raise ValueError("refused")
    except ValueError:
        record = logging.getLogger(name).makeRecord(
            name, logging.WARNING, __file__, 1, "Forbidden: /x", (), __import__("sys").exc_info(),
            extra={"status_code": status},
        )  # fmt: skip
    assert ("ValueError" in logs.formatter(json=True).format(record)) is has_trace
