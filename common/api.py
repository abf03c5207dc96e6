"""What every endpoint of the API reads and pages through (docs/reference/api.md)."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import exceptions, parsers
from rest_framework.pagination import PageNumberPagination

MAX_DEPTH = 32


class Pagination(PageNumberPagination):
    """``?page=2&page_size=100``; at most 200 a page."""

    page_size_query_param = "page_size"
    max_page_size = 200


class Parser(parsers.JSONParser):
    """JSON, at most ``MAX_DEPTH`` levels deep. Anything else is a 400 with a sentence."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError("This JSON is nested too deeply.") from None
        if is_deeper(data, MAX_DEPTH):
            raise exceptions.ParseError(f"This JSON is nested deeper than {MAX_DEPTH} levels.")
        return data


def is_deeper(value: object, levels: int) -> bool:
    """Return whether ``value`` nests lists and objects more than ``levels`` deep."""
    if isinstance(value, dict):
        return levels == 0 or any(is_deeper(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels == 0 or any(is_deeper(item, levels - 1) for item in value)
    return False
