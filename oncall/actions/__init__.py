"""What changes who is on call, one module for each thing that people change. Callers import from here."""

from oncall.actions.checks import FixedRow, MemberRow, WindowRow
from oncall.actions.cover import accept_cover, ask_for_cover, decline_cover, withdraw_cover
from oncall.actions.fixed import add_fixed, change_fixed, end_fixed, move_fixed, start_fixed, take_back_fixed
from oncall.actions.handover import confirm_hand_over
from oncall.actions.layers import (
    add_layer,
    change_layer,
    close_layer,
    end_layer,
    require_layer_editor,
    same_turns,
    start_layer,
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
from oncall.actions.schedules import add_schedule, change_schedule
from oncall.actions.shadows import end_shadow, start_shadow
from oncall.actions.taking import take_pager

__all__ = [
    "LONGEST",
    "TOLERANCE",
    "FixedRow",
    "MemberRow",
    "WindowRow",
    "accept_cover",
    "add_fixed",
    "add_layer",
    "add_override",
    "add_schedule",
    "ask_for_cover",
    "change_fixed",
    "change_layer",
    "change_override",
    "change_schedule",
    "checked_start",
    "close_layer",
    "confirm_hand_over",
    "decline_cover",
    "end_fixed",
    "end_layer",
    "end_override",
    "end_shadow",
    "move_fixed",
    "require_layer_editor",
    "same_turns",
    "start_fixed",
    "start_from_now",
    "start_layer",
    "start_shadow",
    "succeed_layer",
    "take_back",
    "take_back_fixed",
    "take_pager",
    "withdraw_cover",
]
