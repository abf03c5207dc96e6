"""What may be missing of calendars and of contacts for an emergency (``READINESS_CHECKS``)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.urls import reverse

from accounts import calendars
from accounts.models import BusinessCalendar, EmergencyContact
from common.businesstime import open_intervals
from common.readiness import Finding, Level

OPEN_WITHIN_DAYS = 30
TRUSTED_FOR = timedelta(days=90)


def calendars_open(now: datetime) -> Iterable[Finding]:
    """Yield the calendars without an open day in the next 30 days: what waits for them waits for ever."""
    for stored in BusinessCalendar.objects.prefetch_related("hours", "special_days"):
        hours = list(stored.hours.all())
        calendar = calendars.build(stored, hours, stored.special_days.all())
        address = reverse("admin:accounts_businesscalendar_change", args=[stored.pk])
        if not hours:
            sentence = f"{stored} has no opening hours, so it counts as always open."
            yield Finding(Level.AMBER, "Business hours", sentence, address, "Enter its hours")
        elif next(open_intervals(calendar, now, days=OPEN_WITHIN_DAYS), None) is None:
            sentence = f"{stored} has no open day in the next {OPEN_WITHIN_DAYS} days."
            yield Finding(Level.RED, "Business hours", sentence, address, "Open a day")


def emergency_contacts(now: datetime) -> Iterable[Finding]:
    """Yield contacts that nobody could use, and those that nobody has tried for 90 days (R58, R59)."""
    for contact in EmergencyContact.objects.all():
        address = reverse("admin:accounts_emergencycontact_change", args=[contact.pk])
        if not contact.is_complete:
            sentence = f"{contact} has neither a phone number nor an address."
            yield Finding(Level.RED, "Emergency contacts", sentence, address, "Enter it")
        elif contact.verified_at is None:
            sentence = f"Nobody has tried yet whether {contact} answers."
            yield Finding(Level.AMBER, "Emergency contacts", sentence, address, "Try it, then say so")
        elif contact.verified_at < now - TRUSTED_FOR:
            days = (now - contact.verified_at).days
            sentence = f"{contact} was last tried {days} days ago."
            yield Finding(Level.AMBER, "Emergency contacts", sentence, address, "Try it, then say so")
