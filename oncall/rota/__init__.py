"""Who is on call: ``resolve`` and ``who`` are pure; ``load_spec`` reads a stored schedule for them."""

from oncall.rota.difference import Difference, difference
from oncall.rota.handoffs import OddHandoff, odd_handoffs
from oncall.rota.load import layer_spec, load_spec, load_specs
from oncall.rota.resolve import gaps, resolve, who
from oncall.rota.spec import Fixed, Given, Layer, Member, Override, ScheduleSpec, Shift, Window

__all__ = [
    "Difference",
    "Fixed",
    "Given",
    "Layer",
    "Member",
    "OddHandoff",
    "Override",
    "ScheduleSpec",
    "Shift",
    "Window",
    "difference",
    "gaps",
    "layer_spec",
    "load_spec",
    "load_specs",
    "odd_handoffs",
    "resolve",
    "who",
]
