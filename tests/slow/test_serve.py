"""``manage.py serve``: everything starts with one command, stops with one key, and leaves nothing behind."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator

import psutil
import pytest

from escalation.pager.clock import ORPHAN_SECONDS
from tests.slow.rig import MANAGE, ROOT, Rig, until

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Served:
    """A running ``manage.py serve``."""

    def __init__(self, rig: Rig, port: int, *options: str) -> None:
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, MANAGE, "serve", "--port", str(port), *options],
            env=rig.environment(DEBUG="1", SECRET_KEY="x1" * 30),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def first_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def health(self) -> str:
        """Return the status that /health answers with."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return str(json.load(answer)["status"])
        except urllib.error.HTTPError as error:
            return str(json.load(error)["status"])

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=30)


@pytest.fixture
def served(rig: Rig) -> Iterator[Served]:
    made = Served(rig, free_port())
    yield made
    made.end()


def test_it_says_where_it_is_and_ctrl_c_stops_it_all_quietly(served: Served) -> None:
    assert served.first_line() == f"Allclear is at http://127.0.0.1:{served.port}/  (Ctrl-C stops it)"
    until(lambda: served.health() == "ok", "clock and queue have given signs of life", seconds=30)
    family = served.family()
    assert len(family) >= 8, "web, clock, and the queue's six"
    served.process.send_signal(signal.SIGINT)
    out, err = served.process.communicate(timeout=15)
    assert served.process.returncode == 0
    assert out == ""
    # Until the first signs of life /health answered 503 to this test, which asked for it; the start says nothing.
    assert [line for line in err.splitlines() if "/health" not in line] == []
    assert [process for process in family if process.is_running()] == []


def test_killed_it_leaves_nothing_behind_but_for_a_while_a_clock(served: Served) -> None:
    served.first_line()
    until(lambda: len(served.family()) >= 8, "all of it is up")
    family = served.family()
    served.process.kill()
    served.process.wait()
    until(lambda: len([one for one in family if one.is_running()]) <= 1, "web and queue are gone", seconds=5)
    until(
        lambda: not [one for one in family if one.is_running()],
        "the clock is gone",
        seconds=ORPHAN_SECONDS + 10,
    )
    assert [one for one in family if one.is_running()] == []


def test_with_several_web_processes(rig: Rig) -> None:
    served = Served(rig, free_port(), "--workers", "2")
    try:
        assert served.first_line().startswith("Allclear is at")
        until(lambda: served.health() == "ok", "clock and queue have given signs of life", seconds=30)
    finally:
        served.process.send_signal(signal.SIGINT)
        served.process.communicate(timeout=15)
    assert served.process.returncode == 0


def test_a_port_that_is_taken_is_a_sentence(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served = Served(rig, port)
        err = served.process.communicate(timeout=60)[1]
    assert served.process.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use. Choose another --port." in err
