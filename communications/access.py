"""The doors from a URL to this app's rows: what is not one's own, or about an incident one may not know of, is 404."""

from django.db.models import Q, QuerySet

from accounts.models import User
from common.errors import NotFound
from communications.models import Delivery, Notification
from incidents.models import Incident


def notifications_of(user: User) -> QuerySet[Notification]:
    """Return a person's notifications, without those about an incident that became private since."""
    return Notification.objects.filter(_known_to(user), user=user)


def notification_for(user: User, pk: int) -> Notification:
    """Return one of a person's own notifications. Raises ``NotFound``."""
    notification = notifications_of(user).filter(pk=pk).first()
    if notification is None:
        raise NotFound("There is no such notification.")
    return notification


def deliveries_visible_to(user: User) -> QuerySet[Delivery]:
    """Return the deliveries a person may know of: those of incidents they see, and their own."""
    of_incidents = Q(incident__isnull=False) & _known_to(user)
    return Delivery.objects.filter(of_incidents | Q(incident=None, user=user))


def _known_to(user: User) -> Q:
    # Two cheap conditions instead of a list of all incidents: nearly none are private.
    private = Incident.objects.visible_to(user).filter(is_private=True)
    return Q(incident=None) | Q(incident__is_private=False) | Q(incident__in=private)
