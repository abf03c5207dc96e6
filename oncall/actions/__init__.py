"""What changes who is on call, one module for each thing that people change. Callers import from here."""

from oncall.actions.layers import (
    MemberRow,
    WindowRow,
    change_layer,
    require_layer_editor,
    same_turns,
    succeed_layer,
)
from oncall.actions.overrides import (
    LONGEST,
    TOLERANCE,
    add_override,
    change_override,
    checked_start,
    end_override,
    start_from_now,
    take_back,
)

__all__ = [
    "LONGEST",
    "TOLERANCE",
    "MemberRow",
    "WindowRow",
    "add_override",
    "change_layer",
    "change_override",
    "checked_start",
    "end_override",
    "require_layer_editor",
    "same_turns",
    "start_from_now",
    "succeed_layer",
    "take_back",
]
