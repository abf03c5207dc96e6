"""Definitions are read once in an action, however many of its steps ask for them.

Nothing outlives the action: ``accounts.write`` opens a ``scope`` inside each transaction, and the next one reads anew.
Outside a scope nothing is kept. Only for what the action itself never changes: calendars, checklists, matrices.
"""

import functools
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

R = TypeVar("R")
_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def scope() -> Iterator[None]:
    """Keep what functions marked ``once`` return until the block ends; blocks do not see each other's."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def once(function: Callable[..., R]) -> Callable[..., R]:
    """Let a function with hashable positional arguments run once per ``scope`` for the same arguments."""

    @functools.wraps(function)
    def wrapper(*arguments: Hashable) -> R:
        kept = _kept.get()
        if kept is None:
            return function(*arguments)
        key = (function, *arguments)
        if key not in kept:
            kept[key] = function(*arguments)
        return cast(R, kept[key])

    return wrapper
