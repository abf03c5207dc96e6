"""What an action may refuse, in words a person can act on.

Every refusal is a ``DomainError``. Pages print its sentence beside the field; the API prints the same sentence in its
problem shape with the status given here.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that is missing before a transition may happen, with the place where it can be mended."""

    sentence: str
    url: str = ""
    code: str = "blocked"


class DomainError(Exception):
    """A request that cannot be carried out; nothing has been written."""

    status = 400
    code = "invalid"

    def __init__(self, sentence: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        if code:
            self.code = code


class Invalid(DomainError):
    """The input is wrong: ``field`` names it (400)."""


class NotAllowed(DomainError):
    """The person may see this but not do it (403)."""

    status = 403
    code = "not_allowed"


class NotFound(DomainError):
    """There is no such thing, or the person may not know of it (404)."""

    status = 404
    code = "not_found"


class Conflict(DomainError):
    """Somebody else was first, or the state does not allow it (409). The sentence says who and when."""

    status = 409
    code = "conflict"


class TooMany(DomainError):
    """It was asked for too often (429). The sentence says when it can be asked for again."""

    status = 429
    code = "too_many"


class Blocked(DomainError):
    """A guarded transition is missing something (409). ``blockers`` lists all of it."""

    status = 409
    code = "blocked"

    def __init__(self, sentence: str, blockers: Sequence[Blocker]) -> None:
        super().__init__(sentence)
        self.blockers = tuple(blockers)
