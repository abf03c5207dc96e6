"""The only doors from a URL to what belongs to a person: 404 for everybody else's."""

from django.http import HttpRequest

from accounts.actor import Actor
from accounts.models import ApiKey, ContactMethod, EmergencyContact, User
from common.errors import NotAllowed, NotFound


def signed_in(request: HttpRequest) -> User:
    """Return the person behind a request that ``login_required`` let through."""
    if not isinstance(request.user, User):
        raise TypeError("this view needs login_required")
    return request.user


def contact_method_for(user: User, pk: int) -> ContactMethod:
    """Return one of this person's contact methods. Raises ``NotFound``."""
    method = user.contact_methods.filter(pk=pk).select_related("user").first()
    if method is None:
        raise NotFound("There is no such contact method.")
    return method


def api_key_for(user: User, pk: int) -> ApiKey:
    """Return one of this person's API keys. Raises ``NotFound``."""
    key = user.api_keys.filter(pk=pk).select_related("user").first()
    if key is None:
        raise NotFound("There is no such API key.")
    return key


def emergency_contact_for(pk: int) -> EmergencyContact:
    """Return an emergency contact; everybody who is signed in may know of it. Raises ``NotFound``."""
    found = EmergencyContact.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("There is no such contact.")
    return found


def require_self_or_admin(by: Actor, user: User) -> None:
    """Raise ``NotAllowed`` unless it is one's own, or one is an admin."""
    if by.user is None or (by.user.pk != user.pk and not by.user.is_admin):
        raise NotAllowed("You can change your own profile only. Ask an admin to change somebody else's.")
