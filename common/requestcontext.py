"""What the current request is, for logs and the audit log: set by the middleware, empty outside a request."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The request's id (ours or a trusted proxy's), and the caller's address."""

    request_id: str = ""
    address: str = ""


_NONE = RequestContext()
_current: ContextVar[RequestContext] = ContextVar("allclear_request", default=_NONE)


def current() -> RequestContext:
    """Return the context of the request in progress, or an empty one."""
    return _current.get()


def set_current(context: RequestContext) -> None:
    """Make ``context`` the current one for this thread or task."""
    _current.set(context)
