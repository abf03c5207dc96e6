"""Lets SQLite's test database be emptied between tests: its triggers keep the audit log from losing entries.

PostgreSQL is emptied with TRUNCATE, which the triggers let pass.
"""

from typing import Any

from django.db import connection
from django.db.backends.sqlite3.base import (  # type: ignore[attr-defined]
    DatabaseOperations,  # its own module cannot be imported first
)

_empty = DatabaseOperations.sql_flush
_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"


def emptied_without_triggers(operations: DatabaseOperations, *args: Any, **options: Any) -> list[str]:
    """Returns the statements that empty the tables, between taking the triggers away and putting them back."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS)
        triggers = cursor.fetchall()
    drop = [f"DROP TRIGGER {name}" for name, _ in triggers]
    return [*drop, *_empty(operations, *args, **options), *(sql for _, sql in triggers)]


def pytest_configure() -> None:
    DatabaseOperations.sql_flush = emptied_without_triggers  # type: ignore[assignment, method-assign]
