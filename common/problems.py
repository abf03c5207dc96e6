"""Refusals in the API's problem shape (docs/reference/api.md)."""

from typing import Any

from django.db import InterfaceError, OperationalError
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions

from common.errorpages import RETRY_AFTER, UNAVAILABLE
from common.errors import Blocked, DomainError


class ProblemHandler(ExceptionHandler):
    """Turn a refused action, and a lost database, into the API's problem shape."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            return problem(exc)
        if isinstance(exc, (OperationalError, InterfaceError)):
            return Unavailable()
        converted: Exception = super().convert_known_exceptions(exc)
        return converted


class ProblemFormatter(ExceptionFormatter):
    """Adds ``blockers`` to a transition that was refused by its guards."""

    def format_error_response(self, error_response: Any) -> Any:
        body = super().format_error_response(error_response)
        if isinstance(self.original_exc, Blocked):
            body["blockers"] = [
                {"sentence": b.sentence, "url": b.url, "code": b.code} for b in self.original_exc.blockers
            ]
        return body


class Unavailable(exceptions.APIException):
    """503: the database is locked or down; the client is asked to come back."""

    status_code = 503
    default_detail = UNAVAILABLE
    default_code = "unavailable"
    wait = RETRY_AFTER


def problem(error: DomainError) -> exceptions.APIException:
    """Return the DRF exception with the same sentence, field, code and status."""
    if error.field and error.status == 400:
        return exceptions.ValidationError(
            {error.field: [exceptions.ErrorDetail(error.sentence, code=error.code)]}
        )
    api_error = exceptions.APIException(detail=error.sentence, code=error.code)
    api_error.status_code = error.status
    return api_error
