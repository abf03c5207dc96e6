"""Every mutation of an incident. Keyword-only; ``by`` says who; each is one durable transaction.

All raise ``common.errors``: ``NotAllowed`` (403), ``Invalid`` with the field (400), ``Conflict`` or ``Blocked`` (409).
"""

from incidents.actions.checklist import clear_step, tick_step
from incidents.actions.declaring import declare, declare_report, report
from incidents.actions.details import change_components, change_details
from incidents.actions.lifecycle import cancel, change_status, close, merge, reopen, resolve
from incidents.actions.planning import assign_task, finish_checkpoint, finish_task, set_checkpoint
from incidents.actions.recovery import end_observation, estimate_impact, record_gate, set_watch
from incidents.actions.roles import (
    accept_offer,
    decline_offer,
    join,
    leave,
    offer_role,
    release_role,
    take_role,
)
from incidents.actions.severity import change_severity
from incidents.actions.timeline import add_note, change_hypothesis, correct, decide, hypothesise, mark_seen

__all__ = [
    "accept_offer",
    "add_note",
    "assign_task",
    "cancel",
    "change_components",
    "change_details",
    "change_hypothesis",
    "change_severity",
    "change_status",
    "clear_step",
    "close",
    "correct",
    "decide",
    "declare",
    "declare_report",
    "decline_offer",
    "end_observation",
    "estimate_impact",
    "finish_checkpoint",
    "finish_task",
    "hypothesise",
    "join",
    "leave",
    "mark_seen",
    "merge",
    "offer_role",
    "record_gate",
    "release_role",
    "reopen",
    "report",
    "resolve",
    "set_checkpoint",
    "set_watch",
    "take_role",
    "tick_step",
]
