"""How states and kinds look: one icon and one tone each, so that every page says the same thing the same way."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "ok", "danger"]


@dataclass(frozen=True)
class Look:
    """An icon's name, the words beside it, and for timeline entries how loud it is."""

    icon: str
    label: str
    tone: Tone = ""
    quiet: bool = False


UNKNOWN = Look("circle-small", "")

STATUSES = {
    "reported": Look("inbox", "Reported"),
    "investigating": Look("search", "Investigating"),
    "mitigating": Look("wrench", "Mitigating"),
    "monitoring": Look("eye", "Monitoring"),
    "resolved": Look("circle-check", "Resolved", "ok"),
    "closed": Look("archive", "Closed", "ok"),
    "cancelled": Look("ban", "Cancelled"),
    "merged": Look("git-merge", "Merged"),
}

# The kinds of timeline entries; "quiet" ones are what machines say and what is folded when there are many.
ENTRIES = {
    "reported": Look("inbox", "Reported"),
    "declared": Look("siren", "Declared"),
    "note": Look("message-square", "Note"),
    "decision": Look("gavel", "Decision"),
    "hypothesis": Look("lightbulb", "Hypothesis"),
    "hypothesis_changed": Look("lightbulb", "Hypothesis"),
    "evidence": Look("microscope", "Evidence"),
    "action": Look("hammer", "Action"),
    "correction": Look("pencil", "Correction", quiet=True),
    "status_changed": Look("arrow-right", "Status"),
    "severity_changed": Look("arrow-up-down", "Severity"),
    "details_changed": Look("pencil", "Details", quiet=True),
    "components_changed": Look("boxes", "Components", quiet=True),
    "resolved": Look("circle-check", "Resolved", "ok"),
    "reopened": Look("rotate-ccw", "Reopened", "danger"),
    "closed": Look("archive", "Closed", "ok"),
    "cancelled": Look("ban", "Cancelled"),
    "merged": Look("git-merge", "Merged"),
    "merged_in": Look("git-merge", "Merged in"),
    "role_taken": Look("user-check", "Role"),
    "role_offered": Look("arrow-left-right", "Hand-over"),
    "role_offer_ended": Look("arrow-left-right", "Hand-over", quiet=True),
    "role_released": Look("user-minus", "Role"),
    "responder_joined": Look("user-plus", "Joined", quiet=True),
    "responder_left": Look("log-out", "Left", quiet=True),
    "acknowledged": Look("hand", "Acknowledged", "ok"),
    "step_ticked": Look("square-check", "Checklist", quiet=True),
    "step_cleared": Look("square", "Checklist", quiet=True),
    "checkpoint_set": Look("flag", "Checkpoint", quiet=True),
    "checkpoint_done": Look("flag", "Checkpoint", quiet=True),
    "task_assigned": Look("clipboard-list", "Task", quiet=True),
    "task_done": Look("clipboard-check", "Task", quiet=True),
    "gate_recorded": Look("shield-check", "Recovery check"),
    "impact_estimated": Look("users", "Impact"),
    "watch_set": Look("eye", "Watch-list", quiet=True),
    "observation_checked": Look("eye", "Observation"),
    "observation_ended": Look("eye-off", "Observation"),
    "reminder": Look("alarm-clock", "Reminder", quiet=True),
    "response_warning": Look("clock-alert", "Response time"),
    "response_breached": Look("clock-alert", "Response time", "danger"),
    "alert": Look("activity", "Alert", quiet=True),
    "paged": Look("bell-ring", "Paged", quiet=True),
    "page_declined": Look("phone-off", "Can't take it"),
    "page_stopped": Look("bell-off", "Pages stopped", quiet=True),
    "page_late": Look("clock-alert", "Page late", "danger"),
    "page_failed": Look("mail-x", "Page not delivered", "danger"),
    "coverage_gap": Look("user-x", "Nobody on call", "danger"),
    "escalation_changed": Look("list-ordered", "Escalation", quiet=True),
    "update_published": Look("megaphone", "Update"),
    "update_overdue": Look("megaphone-off", "Update overdue", "danger"),
    "update_cadence": Look("timer-reset", "Update cadence", quiet=True),
    "postmortem_assigned": Look("notebook-pen", "Post-mortem", quiet=True),
    "postmortem_published": Look("notebook-pen", "Post-mortem"),
}

# The steps of the escalation ladder.
STEPS = {
    "acknowledged": Look("circle-check", "Acknowledged", "ok"),
    "fired": Look("bell-ring", "Paged"),
    "late": Look("clock-alert", "Paged late", "danger"),
    "due": Look("clock", "Due"),
    "waiting": Look("circle-dashed", "Waiting"),
    "agenda": Look("calendar-clock", "On the agenda"),
    "declined": Look("phone-off", "Declined"),
    "stopped": Look("circle-stop", "Stopped"),
    "cancelled": Look("circle-slash", "Cancelled"),
    "failed": Look("circle-x", "Not delivered", "danger"),
    "gap": Look("user-x", "Nobody on call", "danger"),
}

BANNERS = {
    "info": Look("info", "Note"),
    "ok": Look("circle-check", "Done"),
    "warn": Look("triangle-alert", "Warning"),
    "danger": Look("octagon-alert", "Problem"),
    "stale": Look("wifi-off", "Not live"),
    "drill": Look("drama", "Drill"),
}

# Django's message levels as banners.
MESSAGE_KINDS = {"debug": "info", "info": "info", "success": "ok", "warning": "warn", "error": "danger"}

# The clock's icons by state; the three that alternate in the browser come together.
CLOCK_ICONS = {
    "running": "clock",
    "waiting": "clock",
    "soon": "hourglass",
    "overdue": "clock-alert",
    "paused": "circle-pause",
    "met": "circle-check",
    "cancelled": "circle-slash",
}
LIVE_STATES = ("running", "soon", "overdue")


def entry_look(kind: str) -> Look:
    """Return the look of a timeline entry; an unknown kind is shown plainly under its own name."""
    return ENTRIES.get(kind) or Look(UNKNOWN.icon, kind.replace("_", " ").capitalize())


def status_look(status: str) -> Look:
    """Return the look of an incident's status."""
    return STATUSES.get(status) or Look(UNKNOWN.icon, status.replace("_", " ").capitalize())


def initials(name: str) -> str:
    """Return one or two capital letters for a name: "Ana Ruiz" → "AR", "ben" → "B", nothing → "?"."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()
