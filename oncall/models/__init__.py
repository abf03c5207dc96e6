"""Rotas, who asks whom for cover, calendars that are read and offered, and who fills a role."""

from oncall.models.calendars import Absence, CalendarLink, ForeignCalendar, ForeignShift
from oncall.models.imports import ImportedObject
from oncall.models.requests import CoverRefusal, CoverRequest, ShiftChange
from oncall.models.roles import EscalationRole, RoleTarget
from oncall.models.schedules import (
    FixedSchedule,
    FixedShift,
    Layer,
    LayerMember,
    LayerWindow,
    Override,
    Schedule,
    Shadow,
)

__all__ = [
    "Absence",
    "CalendarLink",
    "CoverRefusal",
    "CoverRequest",
    "EscalationRole",
    "FixedSchedule",
    "FixedShift",
    "ForeignCalendar",
    "ForeignShift",
    "ImportedObject",
    "Layer",
    "LayerMember",
    "LayerWindow",
    "Override",
    "RoleTarget",
    "Schedule",
    "Shadow",
    "ShiftChange",
]
