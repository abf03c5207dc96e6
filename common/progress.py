"""Who is told that work goes on: a process that is busy is not stuck, however long its backlog is."""

from collections.abc import Callable

Listener = Callable[[], None]
_listeners: list[Listener] = []


def report_to(listener: Listener | None) -> None:
    """Let ``listener`` be called, in whatever thread, each time this process has finished a piece; ``None``: nobody."""
    _listeners[:] = [listener] if listener else []


def made() -> None:
    """Say that a piece of work is finished. Call it between two, outside any transaction."""
    for listener in _listeners:
        listener()
