"""API keys: ``ac_<public id>_<secret>``, stored as an HMAC with a pepper (security.md, "API keys")."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.conf import settings

from accounts import audit
from accounts.actor import Actor
from accounts.models import ApiKey, User
from accounts.write import action
from common import clock
from common.errors import Invalid, NotAllowed
from common.text import clean_line

SCOPES = ("read", "write", "admin")


class NewKey:
    """A key that was just made: ``token`` is shown once and cannot be read again."""

    def __init__(self, key: ApiKey, token: str) -> None:
        self.key, self.token = key, token


def digest(secret: str) -> str:
    """Return the hex HMAC-SHA256 of a secret under the installation's pepper."""
    return hmac.new(settings.API_KEY_PEPPER.encode(), secret.encode(), hashlib.sha256).hexdigest()


def create(
    *, by: Actor, user: User, name: str, scopes: list[str], expires_at: datetime | None = None
) -> NewKey:
    """Make a key that acts as ``user``. Raises ``Invalid`` for an unknown scope, no name or an expiry in the past."""
    secret, public_id = secrets.token_urlsafe(32), secrets.token_hex(6)
    key = _insert(
        by=by, user=user, name=name, scopes=scopes, expires_at=expires_at, public_id=public_id, secret=secret
    )
    return NewKey(key, f"ac_{public_id}_{secret}")


@action
def _insert(*, by: Actor, user: User, name: str, scopes: list[str], expires_at: datetime | None,
            public_id: str, secret: str) -> ApiKey:  # fmt: skip
    name = clean_line(name, limit=120)
    if not name:
        raise Invalid("Give the key a name that tells what uses it.", field="name")
    if not scopes or set(scopes) - set(SCOPES):
        raise Invalid(f"Choose scopes from {', '.join(SCOPES)}.", field="scopes")
    if expires_at is not None and expires_at <= clock.now():
        raise Invalid("The expiry is in the past.", field="expires_at")
    key = ApiKey.objects.create(user=user, name=name, scopes=sorted(set(scopes)), expires_at=expires_at,
                                public_id=public_id, digest=digest(secret))  # fmt: skip
    audit.record(by=by, action="api_key.created", about=key, data={"scopes": key.scopes, "for": str(user)})
    return key


@action
def revoke(*, by: Actor, key: ApiKey) -> ApiKey:
    """Make the key useless at once. Twice is once."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now()):
        audit.record(by=by, action="api_key.revoked", about=key)
    key.refresh_from_db()
    return key


def require_own_scopes(credential: object, scopes: list[str]) -> None:
    """Raise ``NotAllowed`` if the caller's own key may do less than the key it wants to make."""
    if isinstance(credential, ApiKey) and not set(scopes) <= set(credential.scopes):
        raise NotAllowed("A key cannot make a key that may do more than itself.")


def authenticate(token: str) -> ApiKey | None:
    """Return the key for a token if it is known, not revoked, not expired and its person is active, else ``None``."""
    prefix, _, rest = token.partition("_")
    public_id, _, secret = rest.partition("_")
    if prefix != "ac" or not public_id or not secret:
        return None
    key = ApiKey.objects.select_related("user").filter(public_id=public_id).first()
    known = hmac.compare_digest(key.digest if key else digest(""), digest(secret))
    now = clock.now()
    if (
        key is None
        or not known
        or key.revoked_at
        or not key.user.is_active
        or (key.expires_at and key.expires_at <= now)
    ):
        return None
    if key.last_used_at is None or now - key.last_used_at > timedelta(minutes=1):
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key
