"""What would be missing some night, and where to mend it."""

from collections import defaultdict

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from common import clock
from common.readiness import Finding, findings
from incidents.views.base import page, viewer


@page
def readiness(request: HttpRequest) -> HttpResponse:
    """Show what is missing, by topic, the red ones first."""
    found = findings(clock.now())
    context = {
        "topics": by_topic(found),
        "red": sum(finding.is_red for finding in found),
        "amber": sum(not finding.is_red for finding in found),
        "is_admin": viewer(request).is_admin,
    }
    return render(request, "readiness/readiness.html", context)


def by_topic(found: list[Finding]) -> list[tuple[str, list[Finding]]]:
    """Return findings under their headings, in the order in which the first of each came."""
    topics: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        topics[finding.topic].append(finding)
    return list(topics.items())
