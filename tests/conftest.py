"""Fixtures for every test; what they stand on is in tests/support/."""

pytest_plugins = [
    "tests.support.environment",
    "tests.support.cast",
    "tests.support.api",
    "tests.support.emptying",
    "tests.support.network",
    "tests.support.selection",
    "tests.support.smtp_sink",
    "tests.support.http_sink",
    "tests.support.postgres",
    "tests.support.browser",
]
