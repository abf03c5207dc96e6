"""Mutations of contact methods: they count for pages once a code that was sent by them was entered."""

import base64
import re
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from accounts import addresses, audit, codes, kinds
from accounts.access import require_self_or_admin
from accounts.actor import SYSTEM, Actor
from accounts.models import ContactCode, ContactMethod, User, region_of
from accounts.rules import checked_minutes
from accounts.write import action
from common import clock, webpush
from common.errors import Conflict, Invalid
from common.text import clean_line

MAX_METHODS = 20


@action
def add_contact_method(
    *,
    by: Actor,
    user: User,
    kind: str,
    address: str = "",
    label: str = "",
    delay_minutes: int = 0,
    secret: str = "",
) -> ContactMethod:
    """Add a way to reach a person, tried after those there are; send a code by it, unless none is needed; return it.

    It is used so many minutes after a page, whatever its urgency, until the person's rules say otherwise. ``secret`` is
    what a browser gives for Web Push: its key and its secret, with a dot between.
    """
    minutes = checked_minutes(delay_minutes, field="delay_minutes")
    require_self_or_admin(by, user)
    _take_turns(user)
    if user.contact_methods.count() >= MAX_METHODS:
        raise Conflict(f"{MAX_METHODS} contact methods are the most. Remove one first.")
    if not kinds.is_offered(kind):
        raise Invalid("This kind is not set up here. Choose another one.", field="kind")
    address = addresses.normalise(kind, address, region=region_of(user))
    _require_new(user, kind, address)
    last = user.contact_methods.order_by("-position").values_list("position", flat=True).first()
    method = ContactMethod.objects.create(
        user=user, kind=kind, address=address, label=clean_line(label, limit=60), secret=_secret(kind, secret),
        delay_minutes=minutes, low_delay_minutes=minutes, position=0 if last is None else last + 1,
    )  # fmt: skip
    _prove(method, clock.now())
    audit.record(by=by, action="contact_method.added", about=user, data={"kind": kind, "pk": method.pk})
    return method


@action
def change_contact_method(
    *,
    by: Actor,
    method: ContactMethod,
    address: str,
    label: str = "",
    is_active: bool = True,
    knowing: bool = False,
) -> ContactMethod:
    """Change a contact method; return it. A new address is no longer verified: a code is sent to it.

    Raises ``Conflict`` (``last_method``) when nothing verified would be left, unless ``knowing``.
    """
    require_self_or_admin(by, method.user)
    _take_turns(method.user)
    address = addresses.normalise(method.kind, address, region=region_of(method.user))
    _require_new(method.user, method.kind, address, except_for=method)
    is_new = address != method.address
    if (is_new or not is_active) and not knowing:
        _say_what_happens_without(method)
    fields: dict[str, Any] = {
        "address": address,
        "label": clean_line(label, limit=60),
        "is_active": is_active,
    }
    if is_new:
        fields["verified_at"] = None
    ContactMethod.objects.filter(pk=method.pk).update(**fields)
    audit.record(by=by, action="contact_method.changed", about=method.user, data={"pk": method.pk})
    method.refresh_from_db()
    if is_new and is_active:
        _prove(method, clock.now())
    return method


@action
def remove_contact_method(*, by: Actor, method: ContactMethod, knowing: bool = False) -> None:
    """Remove a contact method; what waits for it goes out by the person's next one instead.

    What is being sent this moment still arrives. Twice is once. Raises ``NotAllowed`` for another person's, and
    ``Conflict`` (``last_method``) when nothing verified would be left, unless ``knowing``.
    """
    require_self_or_admin(by, method.user)
    if not knowing:
        _say_what_happens_without(method)
    deleted = ContactMethod.objects.filter(pk=method.pk).delete()[1].get("accounts.ContactMethod", 0)
    if deleted:
        audit.record(by=by, action="contact_method.removed", about=method.user, data={"kind": method.kind})


@action
def move_contact_method(*, by: Actor, method: ContactMethod, up: bool) -> ContactMethod:
    """Let a contact method be tried one place earlier (``up``) or later; return it. At the end nothing happens."""
    require_self_or_admin(by, method.user)
    order = list(method.user.contact_methods.select_for_update())
    place = next((n for n, other in enumerate(order) if other.pk == method.pk), None)
    if place is None:
        raise Conflict("This contact method is no longer there.", code="gone")
    target = place - 1 if up else place + 1
    if 0 <= target < len(order):
        order[place], order[target] = order[target], order[place]
    for position, other in enumerate(order):
        ContactMethod.objects.filter(pk=other.pk).exclude(position=position).update(position=position)
    method.refresh_from_db()
    return method


@action
def send_code(*, by: Actor, method: ContactMethod) -> ContactMethod:
    """Send another code by a method that is not verified; return it. Raises ``Conflict`` and ``TooMany``."""
    require_self_or_admin(by, method.user)
    _take_turns(method.user)
    if method.verified_at is not None:
        raise Conflict("This contact method is verified already.", code="verified")
    if not kinds.is_offered(method.kind):
        raise Conflict("This kind is not set up here any more.", code="not_set_up")
    _prove(method, clock.now())
    return method


def verify_contact_method(
    *, by: Actor, method: ContactMethod, code: str, idempotency_key: str = ""
) -> ContactMethod:
    """Take the code that was sent by a method: from now on pages go there; return the method.

    Raises ``Invalid`` for the field ``code`` with what is wrong with it. A wrong one is counted all the same.
    """
    require_self_or_admin(by, method.user)
    entered = re.sub(r"[\s.,-]", "", code)
    if not re.fullmatch(r"[0-9]{6}", entered):
        raise Invalid("Enter the six digits that you were sent.", field="code")
    _try_code(by=by, method=method, code=entered, idempotency_key=idempotency_key)
    method.refresh_from_db()
    if method.verified_at is None:
        raise Invalid(_why_not(method.codes.first(), clock.now()), field="code")
    return method


@action
def _try_code(*, by: Actor, method: ContactMethod, code: str) -> ContactCode | None:
    """Count one try, whatever comes of it: a refusal must not undo it."""
    now, newest = clock.now(), method.codes.select_related("method").first()
    if newest is None or method.verified_at is not None:
        return newest
    proved = newest.method.address if newest.method else ""
    # Somebody may be changing the address at this moment: what was proved is the one that the code was sent to.
    same = ContactMethod.objects.filter(pk=method.pk, address=proved)
    if codes.attempt(newest, code, now) and same.update(verified_at=now):
        audit.record(by=by, action="contact_method.verified", about=method.user,
                     data={"kind": method.kind, "pk": method.pk})  # fmt: skip
    return newest


def _why_not(code: ContactCode | None, now: datetime) -> str:
    if code is None:
        return "No code was sent yet. Have one sent first."
    if code.expires_at <= now:
        return "This code has run out: it counts for ten minutes. Have a new one sent."
    if code.tries >= codes.TRIES or code.used_at is not None:
        return "Five wrong codes are the most. Have a new one sent."
    left = codes.TRIES - code.tries
    return f"This is not the code. {left} {'try is' if left == 1 else 'tries are'} left."


@action
def send_test(*, by: Actor, method: ContactMethod) -> ContactMethod:
    """Send a test message by this method through the delivery ledger, like a page; return the method.

    Raises ``Conflict`` for one that is not in use and verified, ``TooMany`` after five in ten minutes.
    """
    require_self_or_admin(by, method.user)
    if method.kind == ContactMethod.Kind.IN_APP:
        raise Invalid("“In Allclear” needs no test: what is there shows up at once.")
    if not is_usable(method):
        raise Conflict("Verify this contact method first: the code is its test.", code="not_verified")
    import_string(settings.CONTACT_TEST)(method, clock.now())
    return method


def switch_off_gone(method: ContactMethod) -> None:
    """Switch off a method whose address will never work again, in the caller's transaction. Twice is once."""
    same = ContactMethod.objects.filter(pk=method.pk, address=method.address, is_active=True)
    if same.update(is_active=False):
        audit.record(by=SYSTEM, action="contact_method.gone", about=method.user,
                     data={"kind": method.kind, "pk": method.pk})  # fmt: skip


def is_usable(method: ContactMethod) -> bool:
    """Return whether pages go to this method."""
    return ContactMethod.objects.usable().filter(pk=method.pk).exists()


def what_happens_without(method: ContactMethod) -> str:
    """Return a sentence when this is a person's last method that pages go to, else ""."""
    user = method.user
    if method.needs_no_code or not is_usable(method):
        return ""
    if user.contact_methods.usable().outside().exclude(pk=method.pk).exists():
        return ""
    duty: str = import_string(settings.ON_DUTY)(user, clock.now())
    return (
        f"This is the last verified way to reach {user}.{f' {duty}' if duty else ''} "
        f"Without it pages go to {user.email}, the sign-in address, and into Allclear."
    )


def _say_what_happens_without(method: ContactMethod) -> None:
    if sentence := what_happens_without(method):
        raise Conflict(sentence, code="last_method")


def _take_turns(user: User) -> None:
    """Let two requests about one person's methods follow each other, so that limits hold."""
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()


def _require_new(user: User, kind: str, address: str, *, except_for: ContactMethod | None = None) -> None:
    twins = user.contact_methods.filter(kind=kind, address__iexact=address)
    if except_for is not None:
        twins = twins.exclude(pk=except_for.pk)
    if twins.exists():
        raise Conflict("This contact method is already there.", field="address", code="exists")


def _prove(method: ContactMethod, now: datetime) -> None:
    """Send a code by a method, or take it as verified where nothing has to be proved."""
    if method.needs_no_code:
        method.verified_at = now
        method.save(update_fields=["verified_at"])
        return
    import_string(settings.CONTACT_CODE)(codes.make(method, now), now)


def _secret(kind: str, given: str) -> str:
    """Return what signs a webhook's messages: 32 random bytes in the form of Standard Webhooks; or a browser's keys."""
    if kind == ContactMethod.Kind.WEB_PUSH:
        return _browser_keys(given)
    if kind != ContactMethod.Kind.WEBHOOK:
        return ""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _browser_keys(given: str) -> str:
    try:
        key, auth = (webpush.unb64(part) for part in given.split("."))
    except ValueError:
        key = auth = b""
    if len(auth) != 16 or not webpush.is_browser_key(key):
        raise Invalid("These are not the keys of a browser's subscription.", field="secret")
    return f"{webpush.b64(key)}.{webpush.b64(auth)}"
