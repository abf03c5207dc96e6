"""The delivery ledger: everything that leaves Allclear is a row first (architecture.md, "Leaving the building").

``enqueue`` and ``cancel`` write rows inside the caller's transaction; ``deliver`` and ``sweep`` send them.
Delivery is at least once to the receiver, with the same key each time, and exactly once in the ledger.
"""

from communications.outbox.rows import (
    Letter,
    Message,
    Way,
    cancel,
    enqueue,
    enqueue_address,
    enqueue_method,
    enqueue_new,
    ways,
)
from communications.outbox.sending import deliver, signed_path
from communications.outbox.sweeping import deliver_on_threads, drain, next_due, sweep

__all__ = [
    "Letter",
    "Message",
    "Way",
    "cancel",
    "deliver",
    "deliver_on_threads",
    "drain",
    "enqueue",
    "enqueue_address",
    "enqueue_method",
    "enqueue_new",
    "next_due",
    "signed_path",
    "sweep",
    "ways",
]
