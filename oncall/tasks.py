"""What the queue's workers do for on-call. Arguments are primary keys and claims: the rows are the truth."""

from datetime import datetime

from oncall.foreign import reading


def read_calendar(pk: int, lease: str) -> None:
    """Fetch and read a calendar of others that the clock claimed until ``lease``."""
    reading.read(pk, datetime.fromisoformat(lease))
