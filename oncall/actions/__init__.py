"""What changes who is on call, one module for each thing that people change. Callers import from here."""

from oncall.actions.cover import accept_cover, ask_for_cover, decline_cover, withdraw_cover
from oncall.actions.handover import confirm_hand_over
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
from oncall.actions.shadows import end_shadow, start_shadow
from oncall.actions.taking import take_pager

__all__ = [
    "LONGEST",
    "TOLERANCE",
    "MemberRow",
    "WindowRow",
    "accept_cover",
    "add_override",
    "ask_for_cover",
    "change_layer",
    "change_override",
    "checked_start",
    "confirm_hand_over",
    "decline_cover",
    "end_override",
    "end_shadow",
    "require_layer_editor",
    "same_turns",
    "start_from_now",
    "start_shadow",
    "succeed_layer",
    "take_back",
    "take_pager",
    "withdraw_cover",
]
