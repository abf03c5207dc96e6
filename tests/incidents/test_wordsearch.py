"""Search by words: the same answers on both databases, and an index where there is one."""

import pytest
from django.db import connection

from incidents.models import Incident
from incidents.queries import matches
from tests import builders

TITLE = "Database db01.example.org: dead-letter_queue is full (50 %)"


@pytest.fixture
def incident(db: None) -> Incident:
    builders.bare_incident("Checkout is slow", description="Größe: 5 s")
    return builders.bare_incident(TITLE, description="Kein Überlauf seit 12:00, it's O'Brien's shift\\")


@pytest.mark.parametrize(
    "text",
    ["database", "DATA", "full data", "example", "letter_queue", "dead-letter", "db01.example", "O'Brien",
     "Überlauf", "(50 %)", "shift\\", "12:00", "INC-2", "inc 2", "2"],
)  # fmt: skip
def test_an_incident_is_found_by(incident: Incident, text: str) -> None:
    assert list(Incident.objects.filter(matches(text))) == [incident]


@pytest.mark.parametrize(
    "text", ["database checkout", "INC-9", "zzz", "'); DROP TABLE", "a & !b | (c:*", "\\'"]
)
def test_nothing_is_found_by(incident: Incident, text: str) -> None:
    assert not Incident.objects.filter(matches(text), title__startswith="Checkout").exists()


@pytest.mark.postgresql
@pytest.mark.parametrize("text", ["database", "dead-letter queue"])
def test_the_index_serves_the_search(incident: Incident, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    found = Incident.objects.filter(matches(text)).order_by().values("pk")
    assert "incident_words" in found.explain()
