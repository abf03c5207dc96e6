"""Queries and time of the three pages that are open all day, as the number of incidents grows."""

import time

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.actor import Actor
from accounts.models import User
from benchmarks import seed
from benchmarks.table import Row
from incidents import actions
from incidents.models import Component, Incident

TIMES = 9
TIMELINE = 200


def measure(sizes: list[int]) -> list[Row]:
    """Return a row for each page and size: the best of some times, and how many queries.

    The best and not the median: what else the machine does must not look like growth.
    """
    incident = _an_open_incident()
    client = Client(HTTP_HOST=settings.ALLOWED_HOSTS[0])
    client.force_login(User.objects.get(username="alice"))
    pages = {
        "Now": "/",
        "incident list": "/incidents/",
        "incident list, searched": "/incidents/?q=database",
        f"incident with {TIMELINE} entries": incident.get_absolute_url(),
    }
    rows, first = [], dict.fromkeys(pages, 0.0)
    for size in sorted(sizes):
        seed.grow_to(size, incident)
        for name, address in pages.items():
            queries, milliseconds = visit(client, address)
            first[name] = first[name] or milliseconds
            growth = f"{milliseconds / first[name]:.1f} × the smallest" if milliseconds != first[name] else ""
            rows.append(
                Row(f"{name}, {size:,} incidents", f"{milliseconds:.0f} ms, {queries} queries", growth)
            )
    return sorted(rows, key=lambda row: row.what.split(",")[0])


def _an_open_incident() -> Incident:
    alice = Actor.of(User.objects.get(username="alice"))
    components = list(Component.objects.filter(slug="webhooks"))
    incident: Incident = actions.declare(
        by=alice, title="Webhooks are slow", severity=2, components=components
    )
    actions.take_role(by=alice, incident=incident, role="commander")
    for number in range(TIMELINE):
        actions.add_note(
            by=alice, incident=incident, text=f"Entry {number}: nothing *new* on `host-{number}`."
        )
    return incident


def visit(client: Client, address: str) -> tuple[int, float]:
    """Return how many queries a page takes and its best time in milliseconds."""
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    count = len(queries)  # now: the next request empties the log
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    times = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        client.get(address)
        times.append((time.perf_counter() - begin) * 1000)
    return count, min(times)
