"""The rig for each test, and the table of invariants at the end of the run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.slow.report import Report
from tests.slow.rig import CountingSink, Rig

REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORT] = Report()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Where each test leaves its figures."""
    return request.config.stash[REPORT]


@pytest.fixture
def rig(transactional_db: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """The scene on the tests' database, with a mail server; what is started belongs to the test."""
    delay = getattr(request, "param", 0.0)
    with CountingSink(delay) as sink:
        made = Rig(sink, tmp_path)
        yield made
        if made.log.exists():
            print(made.log.read_text()[-6000:])  # noqa: T201 - pytest shows it when the test failed


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    report = config.stash.get(REPORT, None)
    if report is not None and report.rows:
        terminalreporter.section(f"paging under faults, on {connection.vendor}")
        for line in report.lines():
            terminalreporter.write_line(line)
