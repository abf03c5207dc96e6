"""What every transport takes and raises."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from incidents.models import Incident


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message, ready to go. ``url`` is absolute, with its token signed just now; ``path`` has none.

    ``secret`` signs what goes to a webhook.
    """

    kind: str
    key: str
    subject: str
    text: str
    html: str
    url: str
    path: str
    address: str
    user: User | None
    incident: Incident | None
    secret: str = ""


class TransportError(Exception):
    """It was not delivered, or nobody knows whether it was.

    ``permanent``: trying again is of no use, take the next contact method at once. ``retry_after``: seconds the
    receiver asked us to wait. ``status``: what it answered, if it speaks HTTP. ``gone``: the address will never work
    again.
    """

    def __init__(
        self,
        detail: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        status: int | None = None,
        gone: bool = False,
    ) -> None:
        super().__init__(detail)
        self.permanent = permanent
        self.retry_after = retry_after
        self.status = status
        self.gone = gone


Transport = Callable[[Outgoing], None]
