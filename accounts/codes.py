"""Codes that prove that a contact method reaches its person: six digits, ten minutes, five tries.

A code is made from a random number in its row with the installation's key, so the database alone does not tell it, and
the ledger holds only its row's number: the digits are filled in when the message is sent.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.crypto import salted_hmac

from accounts.models import ContactCode, ContactMethod
from common.errors import TooMany

LIFETIME = timedelta(minutes=10)
TRIES = 5
PAUSE = timedelta(seconds=60)
PER_HOUR = 10
PLACE = "{code}"


def make(method: ContactMethod, now: datetime) -> ContactCode:
    """Return a new code for a method; the ones before it no longer count. Call within an action.

    Raises ``TooMany`` within a minute of the last one for this method, and after ten an hour for its person.
    """
    recent = ContactCode.objects.filter(user=method.user_id, created_at__gt=now - timedelta(hours=1))
    times = list(recent.order_by("created_at").values_list("created_at", "method_id"))
    own = [at for at, pk in times if pk == method.pk]
    if own and own[-1] > now - PAUSE:
        seconds = int((own[-1] + PAUSE - now).total_seconds()) + 1
        raise TooMany(f"A code was sent just now. You can have another one in {seconds} s.")
    if len(times) >= PER_HOUR:
        minutes = int((times[0][0] + timedelta(hours=1) - now).total_seconds() // 60) + 1
        raise TooMany(f"{PER_HOUR} codes an hour are the most. You can have another one in {minutes} min.")
    method.codes.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    return ContactCode.objects.create(
        user=method.user,
        method=method,
        nonce=secrets.token_hex(16),
        created_at=now,
        expires_at=now + LIFETIME,
    )


def digits(code: ContactCode) -> str:
    """Return the six digits of a code. They are bound to the address: another address has another code."""
    address = code.method.address if code.method else ""
    value = f"{code.pk}:{code.nonce}:{code.method_id}:{address}"
    number = int(salted_hmac("accounts.contact_code", value, algorithm="sha256").hexdigest(), 16)
    return f"{number % 1_000_000:06}"


def for_sending(pk: int, now: datetime) -> str:
    """Return the digits to send, or "" when the code no longer counts."""
    code = ContactCode.objects.select_related("method").filter(pk=pk).first()
    return digits(code) if code and code.counts(now) else ""


def waiting(method: ContactMethod, now: datetime) -> ContactCode | None:
    """Return the newest code of a method if it can still be entered."""
    newest = method.codes.first()
    return newest if newest and newest.counts(now) and newest.tries < TRIES else None


def attempt(code: ContactCode, entered: str, now: datetime) -> bool:
    """Count a try and return whether it was the right code; each code is right once, and five tries are the most."""
    open_code = ContactCode.objects.filter(pk=code.pk, used_at=None, expires_at__gt=now, tries__lt=TRIES)
    if not open_code.update(tries=F("tries") + 1):
        return False
    if not hmac.compare_digest(digits(code).encode(), entered.encode("utf-8", "replace")):
        return False
    return bool(ContactCode.objects.filter(pk=code.pk, used_at=None).update(used_at=now))
