"""The test message of a contact method: accounts asks for it, communications carries it."""

import uuid
from datetime import datetime

from accounts.models import ContactMethod
from communications.models import Delivery
from communications.outbox import Message, enqueue_address


def enqueue(method: ContactMethod, now: datetime) -> None:
    """Put a test message for this mail address into the ledger, in the caller's transaction."""
    text = (
        f"Hello {method.user},\n\nthis is how a page would reach you: the same sender, the same way.\n"
        "Make sure that your phone makes a noise for it, at night too.\n"
    )
    topic = f"contact-test:{method.pk}"
    enqueue_address(
        kind=Delivery.Kind.NOTICE,
        topic=topic,
        dedupe_key=f"{topic}:{uuid.uuid4().hex}",
        address=method.address,
        message=Message("Allclear test message", text, path="/me/"),
        now=now,
    )
