"""Counting in a row: nobody gets a number twice, on either database."""

import threading

import pytest
from django.db import connection
from django.db.backends.base.features import BaseDatabaseFeatures

from common.counting import count_up
from incidents.models import Incident, IncidentNumber
from tests import builders


@pytest.fixture(
    params=[True, pytest.param(False, marks=pytest.mark.sqlite)], ids=["returning", "an old SQLite"]
)
def _returning(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    features: type[BaseDatabaseFeatures] = type(connection.features)
    monkeypatch.setattr(features, "can_return_columns_from_insert", request.param)


@pytest.mark.usefixtures("db", "_returning")
def test_the_new_value_comes_back_and_is_stored() -> None:
    incident = builders.bare_incident()
    here = Incident.objects.filter(pk=incident.pk)
    assert [count_up(here, "version", title="Counted") for _ in range(2)] == [2, 3]
    incident.refresh_from_db()
    assert (incident.version, incident.title) == (3, "Counted")


@pytest.mark.usefixtures("db", "_returning")
def test_without_a_row_there_is_no_value() -> None:
    assert count_up(Incident.objects.filter(pk=0), "version") is None


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_each_gets_a_number_of_its_own() -> None:
    IncidentNumber.objects.create(pk=1, last=0)
    start, numbers = threading.Barrier(4), list[int | None]()

    def count() -> None:
        try:
            start.wait()
            numbers.extend(count_up(IncidentNumber.objects.filter(pk=1), "last") for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(filter(None, numbers)) == list(range(1, 21))
