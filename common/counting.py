"""Counters in rows: the next value in one statement, whatever else is being counted at the same moment."""

from typing import Any, cast

from django.db import connections
from django.db.models import F, Field, QuerySet
from django.db.models.sql import UpdateQuery


def count_up(rows: QuerySet[Any, Any], column: str, **also: Any) -> int | None:
    """Add one to an integer column of the one row in ``rows`` and return its new value; ``None`` if there is no row.

    Of several at once each gets a value of its own: the row is locked until the transaction ends. ``also`` are columns
    that are set in the same statement; none of them may take the row out of ``rows``.
    """
    values = {column: F(column) + 1, **also}
    if not connections[rows.db].features.can_return_columns_from_insert:  # SQLite before 3.35
        return rows.values_list(column, flat=True).get() if rows.update(**values) else None
    query = cast(UpdateQuery, rows.query.chain(UpdateQuery))
    query.add_update_values(values)
    sql, parameters = query.get_compiler(rows.db).as_sql()
    name = str(cast("Field[Any, Any]", rows.model._meta.get_field(column)).column)
    with connections[rows.db].cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {connections[rows.db].ops.quote_name(name)}", parameters)
        found = cursor.fetchall()
    return int(found[0][0]) if found else None
