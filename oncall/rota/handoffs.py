"""Hand-offs that fall on a clock change: their wall time comes twice, or not at all."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from oncall.rota.rotation import Rotation
from oncall.rota.spec import Layer

MOST = 10_000


@dataclass(frozen=True, slots=True)
class OddHandoff:
    """A hand-off at a wall time that its day skips or repeats; ``happens_at`` is when it is then (UTC)."""

    wall: datetime
    happens_at: datetime
    is_skipped: bool


def odd_handoffs(layer: Layer, zone: ZoneInfo, start: datetime, end: datetime) -> list[OddHandoff]:
    """Return a rotation's hand-offs between two instants that fall on a clock change."""
    if layer.mode != "rotate":
        return []
    rotation, found = Rotation(layer, zone), []
    first = rotation.turn_at(start)
    for number in range(first, first + MOST):
        happens_at, wall = rotation.handoff(number), rotation.wall(number)
        if happens_at >= end:
            break
        is_skipped = happens_at.astimezone(zone).replace(tzinfo=None) != wall
        local = wall.replace(tzinfo=zone)
        is_repeated = not is_skipped and local.astimezone(UTC) != local.replace(fold=1).astimezone(UTC)
        if start <= happens_at and (is_skipped or is_repeated):
            found.append(OddHandoff(wall, happens_at, is_skipped))
    return found
