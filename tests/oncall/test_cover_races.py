"""Several who say yes at once: one has it, whatever the database."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from accounts.actor import Actor
from accounts.models import AuditEntry, User
from common import clock
from oncall import actions
from oncall.due import COVER_REQUESTS
from oncall.models import CoverRequest, Override
from tests import builders
from tests.escalation.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(transactional_db: None) -> list[User]:
    return [builders.person(f"Person {number}") for number in range(5)]


@pytest.fixture
def request_of_all(people: list[User]) -> CoverRequest:
    """The first of five asks the others for an hour of tomorrow, at the real time: threads need it."""
    rota = builders.rota("Platform", *people)
    start = clock.now() + timedelta(days=1)
    on_call = actions.add_override(
        by=Actor.of(people[0]),
        schedule=rota,
        user=people[0],
        starts_at=start,
        ends_at=start + timedelta(hours=2),
    )
    made: CoverRequest = actions.ask_for_cover(
        by=Actor.of(people[0]), schedule=rota, starts_at=on_call.starts_at, ends_at=on_call.ends_at
    )
    return made


def works(request: CoverRequest, users: list[User]) -> list[Callable[[], object]]:
    return [partial(actions.accept_cover, by=Actor.of(user), request=request) for user in users]


def test_of_four_who_say_yes_at_once_one_covers(request_of_all: CoverRequest, people: list[User]) -> None:
    refused = together(*works(request_of_all, people[1:]))
    assert len(refused) == 3
    assert Override.objects.filter(request=request_of_all).count() == 1
    assert AuditEntry.objects.filter(action="cover.accepted").count() == 1


def test_a_yes_and_a_withdrawal_at_once_leave_one_truth(
    request_of_all: CoverRequest, people: list[User]
) -> None:
    withdraw = partial(actions.withdraw_cover, by=Actor.of(people[0]), request=request_of_all)
    refused = together(withdraw, *works(request_of_all, people[1:2]))
    assert len(refused) == 1
    request_of_all.refresh_from_db()
    written = Override.objects.filter(request=request_of_all).count()
    assert (request_of_all.state, written) in [("accepted", 1), ("withdrawn", 0)]


def test_two_clocks_let_a_request_lapse_once(request_of_all: CoverRequest) -> None:
    CoverRequest.objects.update(lapses_at=clock.now() - timedelta(seconds=1))
    together(*[lambda: COVER_REQUESTS.sweep(clock.now())] * 3)
    assert AuditEntry.objects.filter(action="cover.lapsed").count() == 1
