"""The audit log only grows, and shows when somebody made it not so."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from accounts import audit
from accounts.actor import SYSTEM
from accounts.models import AuditEntry, User

pytestmark = pytest.mark.django_db


def three_entries() -> None:
    for number in range(3):
        audit.record(by=SYSTEM, action="test.happened", about=f"thing {number}", data={"n": number})


def verify() -> str:
    out = StringIO()
    call_command("audit_verify", stdout=out, stderr=out)
    return out.getvalue()


def behind_the_triggers(statement: str) -> None:
    """Does what somebody with the database's own rights could do."""
    drop = {
        "sqlite": ["DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"],
        "postgresql": ["DROP TRIGGER audit_no_change ON accounts_auditentry"],
    }
    with connection.cursor() as cursor:
        for line in [*drop[connection.vendor], statement]:
            cursor.execute(line)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_auditentry SET actor = 'somebody else'", "DELETE FROM accounts_auditentry"],
)
def test_the_database_refuses_to_change_or_remove_an_entry(statement: str) -> None:
    three_entries()
    with (
        pytest.raises(DatabaseError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.filter(actor="Allclear").count() == 3


def test_an_untouched_log_is_verified() -> None:
    three_entries()
    assert "3 entries, each fits the one before" in verify()


def test_an_empty_log_is_verified() -> None:
    assert "0 entries" in verify()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE accounts_auditentry SET actor = 'somebody else' WHERE sequence = 2",
        "UPDATE accounts_auditentry SET data = '{\"n\": 7}' WHERE sequence = 2",
        "DELETE FROM accounts_auditentry WHERE sequence = 2",
        "DELETE FROM accounts_auditentry WHERE sequence = 1",
    ],
)
def test_tampering_shows(tampering: str) -> None:
    three_entries()
    behind_the_triggers(tampering)
    with pytest.raises(CommandError, match="was changed"):
        verify()


def test_a_refused_request_is_recorded_with_who_where_and_what(client: Client, bob: User) -> None:
    client.force_login(bob)
    client.get("/admin/", headers={"X-Request-Id": "request-0001"})
    entry = AuditEntry.objects.get(action="request.refused")
    assert (entry.actor, entry.object_label) == ("Bob", "GET /admin/")
    assert (entry.address, entry.request_id) == ("127.0.0.1", "request-0001")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_the_triggers_are_back_after_the_tests_database_was_emptied(time: int) -> None:
    three_entries()
    with pytest.raises(DatabaseError, match="only grows"):
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.count() == 3
