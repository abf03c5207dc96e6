"""This app's things that come due, for ``settings.DUE_SOURCES``."""

from common.due import DueSource
from communications import outbox, reminders

DELIVERIES = DueSource("deliveries", outbox.next_due, outbox.sweep)
UPDATE_CLOCKS = DueSource("update clocks", reminders.next_due, reminders.sweep)
