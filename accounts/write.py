"""The write path (architecture.md): one durable transaction per action, and a repeated request does nothing twice."""

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction

from accounts.actor import Actor
from accounts.models import DoneOnce
from common import memo
from common.errors import Conflict, Invalid

R = TypeVar("R")


@contextmanager
def one_transaction() -> Iterator[None]:
    """A durable transaction, in which definitions are read at most once (``common.memo``)."""
    with transaction.atomic(durable=True), memo.scope():
        yield


def action(function: Callable[..., R]) -> Callable[..., R]:
    """Make a keyword-only function an action.

    It runs in a durable transaction: it never nests in another, and everything it writes is kept or nothing is. With
    ``idempotency_key`` the second call with the same key and arguments returns the first one's result and writes
    nothing; the same key with other arguments raises ``Conflict``. The result has to be a model instance or ``None``.
    """

    @functools.wraps(function)
    def wrapper(*, by: Actor, idempotency_key: str = "", **arguments: Any) -> Any:
        with one_transaction():
            if not idempotency_key:
                return function(by=by, **arguments)
            return _once(function, by, idempotency_key, arguments)

    return wrapper


def _once(function: Callable[..., Any], by: Actor, key: str, arguments: dict[str, Any]) -> Any:
    if len(key) > 200:
        raise Invalid("An idempotency key has at most 200 characters.", field="Idempotency-Key")
    name = f"{function.__module__}.{function.__name__}"[-80:]
    claim = DoneOnce(actor=by.key, key=key, action=name, fingerprint=_fingerprint(name, arguments))
    DoneOnce.objects.bulk_create([claim], ignore_conflicts=True)
    # A conflict on PostgreSQL waits for the other transaction; the stored row then tells what it did.
    row = DoneOnce.objects.get(actor=by.key, key=key)
    if row.fingerprint != claim.fingerprint:
        raise Conflict(
            "This idempotency key was already used for a different request.", code="idempotency_key_reused"
        )
    if row.result_model:
        return _load(row)
    result = function(by=by, **arguments)
    _store(row, result)
    return result


def _store(row: DoneOnce, result: Any) -> None:
    model = result._meta.label if isinstance(result, models.Model) else "none"
    pk = result.pk if isinstance(result, models.Model) else None
    DoneOnce.objects.filter(pk=row.pk).update(result_model=model, result_pk=pk)


def _load(row: DoneOnce) -> Any:
    if row.result_model == "none":
        return None
    return apps.get_model(row.result_model)._default_manager.filter(pk=row.result_pk).first()


def _fingerprint(name: str, arguments: dict[str, Any]) -> str:
    plain = json.dumps([name, _plain(arguments)], cls=DjangoJSONEncoder, sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return [value._meta.label, value.pk]
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, models.QuerySet)):
        plain = [_plain(v) for v in value]
        return sorted(plain, key=str) if isinstance(value, (set, frozenset)) else plain
    return value
