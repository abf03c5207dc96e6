"""Chooses what runs here, and says aloud what is left out.

Browser tests need a Chromium, and some tests make sense on one database only. Where ALLCLEAR_REQUIRE_ALL
is 1, as it is in CI, a test that is left out for want of something fails the run.
"""

import os
from collections.abc import Iterator

import pytest
from django.db import connections

from scripts.chromium import find_chromium, why_not

DATABASES = ("sqlite", "postgresql")
USES = {"db", "transactional_db", "own_postgres"}


def require_all() -> bool:
    return os.environ.get("ALLCLEAR_REQUIRE_ALL") == "1"


def pytest_configure() -> None:
    if require_all() and (fault := why_not()):
        raise pytest.UsageError(f"ALLCLEAR_REQUIRE_ALL is set, and there are no browser tests: {fault}")


def pytest_report_header() -> list[str]:
    vendor = connections["default"].vendor
    only_here = (
        "; what touches no database, or is marked once, runs on SQLite" if vendor == "postgresql" else ""
    )
    return [
        f"database: {vendor}{only_here}",
        f"browser tests: {'left out' if why_not() else find_chromium()}",
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = {item for item in items if is_left_out(item)}
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=list(left_out))


def is_left_out(item: pytest.Item) -> bool:
    """Tests for the other database do not count as skipped: `make test` runs them on that database."""
    if item.get_closest_marker("browser") and why_not():
        return True
    vendor = connections["default"].vendor
    wanted = [name for name in DATABASES if item.get_closest_marker(name)]
    if wanted:
        return vendor not in wanted
    return vendor == "postgresql" and (bool(item.get_closest_marker("once")) or not touches_a_database(item))


def touches_a_database(item: pytest.Item) -> bool:
    """What never asks a database says the same on each: it runs on SQLite, and not a second time."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or not fixtures.isdisjoint(USES)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failed run."""
    if require_all() and any(skipped_tests(session.config)) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if fault := why_not():
        terminalreporter.write_line(f"Browser tests were left out: {fault}", yellow=True)
    if require_all() and (skipped := list(skipped_tests(config))):
        names = ", ".join(skipped)
        terminalreporter.write_line(f"ALLCLEAR_REQUIRE_ALL is set, but these were skipped: {names}", red=True)


def skipped_tests(config: pytest.Config) -> Iterator[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        yield from (report.nodeid for report in reporter.stats.get("skipped", []))
