"""Instants in the query of an endpoint."""

from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from common.errors import Invalid

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
INSTANT = "An instant such as 2026-03-28T03:00:00Z. Default: now."


def instant_of(request: Request, name: str, default: datetime) -> datetime:
    """Return a query parameter's instant. Raises ``Invalid`` for anything else, and for what no calendar covers."""
    given = request.query_params.get(name)
    if not given:
        return default
    try:
        instant = parse_datetime(given.replace(" ", "+"))
    except ValueError:
        instant = None
    if instant is None or not is_aware(instant):
        raise Invalid("Write an instant like 2026-03-28T03:00:00Z.", field=name)
    if not EARLIEST <= instant <= LATEST:
        raise Invalid("Choose an instant between the years 2000 and 2100.", field=name)
    return instant


def instant_parameter(name: str = "at", text: str = INSTANT) -> OpenApiParameter:
    """Return the parameter as the schema describes it."""
    return OpenApiParameter(name, OpenApiTypes.DATETIME, description=text)
