"""Who is on call: ``resolve`` and ``who`` are pure; ``load_spec`` reads a stored schedule for them."""

from escalation.oncall.handoffs import OddHandoff, odd_handoffs
from escalation.oncall.load import layer_spec, load_spec, load_specs
from escalation.oncall.resolve import gaps, resolve, who
from escalation.oncall.spec import Layer, Member, Override, ScheduleSpec, Shift, Window

__all__ = [
    "Layer",
    "Member",
    "OddHandoff",
    "Override",
    "ScheduleSpec",
    "Shift",
    "Window",
    "gaps",
    "layer_spec",
    "load_spec",
    "load_specs",
    "odd_handoffs",
    "resolve",
    "who",
]
