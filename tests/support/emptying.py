"""Empties the database after a test that committed: only the tables that have rows, which are a dozen of a hundred.

Django's own flush truncates every table, and then makes each content type and permission anew.
"""

from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.test import TransactionTestCase

# What the migrations made and no test changes.
KEPT = {"django_content_type", "auth_permission"}
_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'"


def empty_the_database(_test: Any) -> None:
    """Deletes every row, and leaves the numbers of rows to go on, as Django's flush does."""
    with connection.cursor() as cursor:
        cursor.execute(_which_are_filled())
        filled = [name for (name,) in cursor.fetchall()]
    if not filled:
        return
    statements = [f"DELETE FROM {connection.ops.quote_name(name)}" for name in filled]  # noqa: S608 - our tables
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _without_triggers(cursor, statements):
            cursor.execute(statement)


@cache
def _which_are_filled() -> str:
    """Returns the question which of the models' tables have rows."""
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    parts = (
        f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})"  # noqa: S608
        for name in sorted(names)
    )
    return " UNION ALL ".join(parts)


def _without_triggers(cursor: CursorWrapper, statements: list[str]) -> list[str]:
    """Returns the statements so that neither the triggers that keep the audit log whole nor foreign keys object."""
    if connection.vendor == "postgresql":
        return ["SET LOCAL session_replication_role = replica", *statements]
    cursor.execute(_TRIGGERS)
    triggers = cursor.fetchall()
    return [*(f"DROP TRIGGER {name}" for name, _ in triggers), *statements, *(sql for _, sql in triggers)]


def pytest_configure() -> None:
    TransactionTestCase._fixture_teardown = empty_the_database  # type: ignore[attr-defined]
