"""Two people at one override: neither waits for the other for ever, and each change is written down once."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from accounts import audit
from accounts.actor import Actor
from accounts.models import AuditEntry, User
from common import clock
from common.errors import Conflict
from oncall import actions as schedule_actions
from oncall.models import Override
from tests import builders
from tests.escalation.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def override(transactional_db: None) -> Override:
    """Carol stands in for Bob, from an hour ago until tomorrow."""
    bob, carol = builders.bob(), builders.carol()
    now = clock.now()
    return Override.objects.create(
        schedule=builders.rota("Platform", bob),
        user=carol,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(days=1),
    )


@pytest.fixture
def admin(transactional_db: None) -> User:
    return builders.erin()


def written(what: str) -> int:
    return AuditEntry.objects.filter(action=what).count()


def test_an_override_taken_back_twice_is_taken_back_once(override: Override, admin: User) -> None:
    for _ in range(2):
        schedule_actions.end_override(by=Actor.of(admin), override=override)
    override.refresh_from_db()
    assert override.ends_at <= clock.now()
    assert written("override.ended") == 1


def test_one_that_was_to_come_and_is_taken_back_twice_is_gone_once(override: Override, admin: User) -> None:
    Override.objects.update(starts_at=clock.now() + timedelta(hours=1))
    for _ in range(2):
        schedule_actions.end_override(by=Actor.of(admin), override=override)
    assert not Override.objects.exists()
    assert written("override.ended") == 1


def test_six_who_take_it_back_at_once_are_one(override: Override, admin: User) -> None:
    work = partial(schedule_actions.end_override, by=Actor.of(admin), override=override)
    assert together(*[work] * 6) == []
    assert written("override.ended") == 1


@pytest.mark.postgresql
def test_who_takes_it_back_waits_for_its_row_before_the_audit_log(override: Override, admin: User) -> None:
    """Somebody who changes it holds the row and then needs the log: whoever holds the log must not want the row."""
    holding, failures = threading.Event(), list[BaseException]()

    def take_back() -> None:
        try:
            holding.wait(timeout=10)
            schedule_actions.end_override(by=Actor.of(admin), override=override)
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=take_back)
    other.start()
    with transaction.atomic():
        Override.objects.select_for_update().get(pk=override.pk)
        holding.set()
        _until_somebody_waits()
        audit.record(by=Actor.of(admin), action="override.changed")
    other.join(timeout=30)
    assert failures == []
    assert (written("override.changed"), written("override.ended")) == (1, 1)


def _until_somebody_waits() -> None:
    """Return when another connection waits for a lock of ours."""
    with connection.cursor() as cursor:
        for _ in range(1000):
            cursor.execute("SELECT count(*) FROM pg_sleep(0.01), pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waits")


def test_changing_and_taking_back_at_once_leave_one_truth(override: Override, admin: User) -> None:
    later = clock.now() + timedelta(days=2)
    refused = together(
        partial(schedule_actions.change_override, by=Actor.of(admin), override=override, ends_at=later),
        partial(schedule_actions.end_override, by=Actor.of(admin), override=override),
    )
    assert all(isinstance(error, Conflict) for error in refused)
    assert Override.objects.get().ends_at <= clock.now(), "taken back, whoever was first"
    assert written("override.ended") == 1
