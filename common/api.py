"""The API's common shape: pagination and problem details."""

from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination

from common.errors import DomainError


class Pagination(PageNumberPagination):
    """``?page=2&page_size=100``; at most 200 a page."""

    page_size_query_param = "page_size"
    max_page_size = 200


class ProblemHandler(ExceptionHandler):
    """Turn a refused action into the API's problem shape."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            return problem(exc)
        return super().convert_known_exceptions(exc)


def problem(error: DomainError) -> exceptions.APIException:
    """Return the DRF exception with the same sentence, field, code and status."""
    if error.field and error.status == 400:
        return exceptions.ValidationError(
            {error.field: [exceptions.ErrorDetail(error.sentence, code=error.code)]}
        )
    api_error = exceptions.APIException(detail=error.sentence, code=error.code)
    api_error.status_code = error.status
    return api_error
