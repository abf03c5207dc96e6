"""In which phase an incident is, how much of its time box is over, and what that asks for (R13, R30)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from common import instants
from incidents.models import Incident, Phase, Status, TechnicalLevel


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase on the strip. ``state`` is done, current, overrun or "" for one that is still ahead."""

    phase: Phase
    state: str
    minutes: int
    box: int
    words: str

    @property
    def title(self) -> str:
        """Return what the banner says once the box is over: "Diagnosis has run for 61 min of 60 min"."""
        return f"{self.phase.get_key_display()} has run for {self.words}"

    @property
    def value(self) -> int:
        return self.box if self.state in ("done", "overrun") else min(self.minutes, self.box)


def current_key(incident: Incident) -> str:
    """Return the key of the phase the status stands for; detection lasts until somebody has acknowledged."""
    if incident.status == Status.REPORTED:
        return Phase.Key.DETECTION
    if incident.status == Status.INVESTIGATING:
        return Phase.Key.DIAGNOSIS if incident.acknowledged_at else Phase.Key.DETECTION
    if incident.status == Status.MITIGATING:
        return Phase.Key.MITIGATION
    return Phase.Key.VERIFICATION


def strip(incident: Incident, phases: list[Phase], now: datetime) -> list[Stage]:
    """Return the four phases in order with their state at ``now``."""
    keys = [phase.key for phase in phases]
    current = current_key(incident)
    position = keys.index(current) if current in keys else 0
    stages = []
    for index, phase in enumerate(phases):
        if index < position or incident.is_over:
            stages.append(Stage(phase, "done", 0, 1, ""))
        elif index > position:
            stages.append(Stage(phase, "", 0, 1, _ahead(phase)))
        else:
            stages.append(_current(incident, phase, now))
    return stages


def _ahead(phase: Phase) -> str:
    start, end = (
        instants.duration(timedelta(minutes=m)) for m in (phase.box_from_minutes, phase.box_to_minutes)
    )
    return f"until {end}" if not phase.box_from_minutes else f"{start} to {end}"


def _current(incident: Incident, phase: Phase, now: datetime) -> Stage:
    anchor = incident.mitigated_at if phase.anchor == Phase.Anchor.MITIGATED else incident.started_at
    minutes = max(int((now - (anchor or incident.started_at)).total_seconds() // 60), 0)
    box = instants.duration(timedelta(minutes=phase.box_to_minutes))
    lasted = instants.duration(timedelta(minutes=minutes)) if minutes else "0 min"
    is_over = minutes >= phase.box_to_minutes
    words = f"{lasted} of {box}"
    return Stage(phase, "overrun" if is_over else "current", minutes, phase.box_to_minutes, words)


def expected_level(incident: Incident, levels: list[TechnicalLevel], now: datetime) -> TechnicalLevel | None:
    """Return who is expected to decide by now (R45-R48); reaching a level prompts and pages nobody."""
    if not incident.is_active:
        return None
    minutes = (now - incident.started_at).total_seconds() / 60
    reached = [level for level in levels if level.from_minutes <= minutes]
    return max(reached, key=lambda level: level.from_minutes, default=None)
