"""The API keeps the promises of its own schema, whatever is sent: schemathesis makes up requests for each operation."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.urls import resolve, reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import content_type_conformance, not_a_server_error, response_schema_conformance
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from accounts.models import AccessRole
from tests import builders
from tests.test_access_matrix import places

pytestmark = [pytest.mark.once, pytest.mark.django_db]

PROMISES = [not_a_server_error, content_type_conformance, response_schema_conformance]
BOUNDED = settings(
    max_examples=5,
    database=None,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def there(procedure: None) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """The headers of an admin who is in the middle of an incident, and what stands in which URL."""
    carol, commander = builders.carol(role=AccessRole.ADMIN), builders.alice()
    found = places(carol, commander)
    return {"Authorization": f"Bearer {builders.api_key(carol, name='a machine')}"}, found


@pytest.fixture(autouse=True)
def kept_connection() -> Iterator[None]:
    """Keeps the database open between requests, as Django's own test client does: the test's transaction is in it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations(headers: dict[str, str]) -> Iterator[Any]:
    address = f"{reverse('api-schema')}?format=json"
    schema = schemathesis.openapi.from_wsgi(address, get_wsgi_application(), headers=headers)
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def faults(operation: Any, headers: dict[str, str], found: dict[str, dict[str, Any]]) -> list[str]:
    """Return how answers to made-up requests broke the schema; each request is undone."""
    broken: dict[str, None] = {}
    name = resolve(operation.full_path.format_map(Numbers())).view_name
    real = found.get(name, {})

    @BOUNDED
    @given(case=operation.as_strategy(), hits=st.sampled_from([True, True, True, False]))
    def try_it(case: Any, hits: bool) -> None:
        if hits:
            case.path_parameters = {**(case.path_parameters or {}), **real}
        undone = transaction.atomic()
        undone._from_testcase = True  # type: ignore[attr-defined]  # lets durable actions run inside, as TestCase does
        with undone:
            answer = case.call(headers=headers)
            transaction.set_rollback(True)
        try:
            case.validate_response(answer, checks=PROMISES)
        except (FailureGroup, AssertionError) as error:
            broken[f"{operation.label} answers {answer.status_code}: {explained(error)}"] = None

    try_it()
    return list(broken)


def explained(error: BaseException) -> str:
    """Return what schemathesis found, each finding on one line."""
    findings = getattr(error, "exceptions", [error])
    return "; ".join(" ".join(f"{found.title} {found.message}".split())[:300] for found in findings)


class Numbers(dict[str, str]):
    """Something for every place in a path, so that it can be resolved."""

    def __missing__(self, key: str) -> str:
        return "1"


def test_no_operation_breaks_or_answers_what_the_schema_does_not_say(
    there: tuple[dict[str, str], dict[str, dict[str, Any]]],
) -> None:
    tried = [(operation.label, faults(operation, *there)) for operation in operations(there[0])]
    assert len(tried) > 80
    broken = sorted({fault for _, found in tried for fault in found})
    assert not broken, "\n".join(broken)
