"""Who is on call: ``resolve`` and ``who`` are pure; ``load_spec`` reads a stored schedule for them."""

from escalation.oncall.load import load_spec, load_specs
from escalation.oncall.resolve import gaps, resolve, who
from escalation.oncall.spec import Layer, Member, Override, ScheduleSpec, Shift, Window

__all__ = [
    "Layer",
    "Member",
    "Override",
    "ScheduleSpec",
    "Shift",
    "Window",
    "gaps",
    "load_spec",
    "load_specs",
    "resolve",
    "who",
]
