"""An escalation played on paper: what the engine would do if nobody answered, without a row being written (R12).

The sequence is the engine's own (``escalation.engine.sequence``). Here is only the sheet on which it is noted.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from common.businesstime import Calendar
from escalation.duetimes import RuleSpec
from escalation.engine import sequence
from escalation.engine.pace import PACES, Pace
from escalation.engine.sequence import Action, Ask, Asked, Kind, Placed, Step
from oncall.targets import Roster, Target

# Far more than four roles, a dozen positions and twelve repetitions make.
MOST_STEPS = 2000


@dataclass(frozen=True, slots=True)
class Request:
    """These people would be asked ``at`` (UTC), by ``ask``. ``turn`` counts the instants' steps."""

    at: datetime
    ask: Ask
    people: tuple[Placed, ...]
    number: int
    turn: int

    @property
    def needs_answer(self) -> bool:
        return self.ask.rule.action != Action.NOTICE


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody could be asked ``at`` (UTC) at a position; ``passed_over`` fill it and can no longer sign in."""

    at: datetime
    ask: Ask
    position: int
    passed_over: tuple[Target, ...]
    turn: int


@dataclass(frozen=True, slots=True)
class Item:
    """A cell that pages nobody: it is on the agenda of a review ``at`` (UTC)."""

    at: datetime
    rule: RuleSpec


Note = Request | Gap | Item


def play(
    cells: list[RuleSpec], severity: int, calendar: Calendar, roster: Roster, at: datetime
) -> list[Note]:
    """Return what declaring an incident at ``at`` (UTC) would set in motion, in the order in which it happens."""
    paper = Paper(cells, severity, calendar, roster, at)
    paper.run()
    agenda = [cell for cell in cells if cell.action == Action.AGENDA]
    items = [Item(sequence.rule_step(cell, at, calendar).due_at, cell) for cell in agenda]
    return sorted([*paper.notes, *items], key=lambda note: note.at)


class Paper:
    """The board for an escalation in which nobody answers (``sequence.Board``)."""

    def __init__(
        self, cells: list[RuleSpec], severity: int, calendar: Calendar, roster: Roster, at: datetime
    ) -> None:
        self.now = at
        self.pace: Pace = PACES[severity]
        self.notes: list[Note] = []
        self._cells, self._calendar, self._roster = cells, calendar, roster
        self._requests: dict[str, list[Request]] = defaultdict(list)
        self._turn = 0
        paging = [cell for cell in cells if cell.action != Action.AGENDA]
        self._armed = [sequence.rule_step(cell, at, calendar) for cell in paging]

    def run(self) -> None:
        """Do what is due, one step after the other, until nothing is left."""
        for self._turn in range(MOST_STEPS):
            if not self._armed:
                return
            step = min(self._armed, key=sequence.in_turn)
            self._armed.remove(step)
            self.now = step.due_at
            sequence.fire(self, step)

    def after(self, start: datetime, minutes: int) -> datetime:
        return self.pace.after(start, minutes, self._calendar)

    def rule(self, role: str) -> RuleSpec | None:
        return next((cell for cell in self._cells if cell.role == role), None)

    def positions(self, role: str) -> list[list[Target]]:
        return self._roster.people_for(role, self.now)

    def asked(self) -> Asked:
        rounds = {role: requests[-1].number for role, requests in self._requests.items()}
        return Asked({}, set(), rounds)

    def open_people(self, role: str, *, asked_before: datetime | None = None) -> list[Placed]:
        newest: dict[int, tuple[datetime, Placed]] = {}
        for request in self._requests.get(role, []):
            if request.needs_answer:
                newest |= {place[1].user.pk: (request.ask.due_at, place) for place in request.people}
        people = [place for due, place in newest.values() if asked_before is None or due < asked_before]
        return sorted(people, key=lambda place: place[0])

    def page(
        self, ask: Ask, people: list[Placed], *, number: int | None = None, answer: bool = True
    ) -> list[str]:
        number = self.asked().next_round(ask.role) if number is None else number
        request = Request(self.now, ask, tuple(people), number, self._turn)
        self._requests[ask.role].append(request)
        self.notes.append(request)
        return [str(target.user) for _, target in people]

    def gap(self, ask: Ask, position: int, people: list[Target]) -> None:
        self.notes.append(Gap(self.now, ask, position, tuple(people), self._turn))

    def arm(self, steps: list[Step]) -> None:
        self._armed += steps

    def end_chain(self, role: str, note: str) -> None:
        chain = (Kind.NEXT, Kind.REPEAT)
        self._armed = [step for step in self._armed if step.role != role or step.kind not in chain]

    def is_repeating(self, role: str) -> bool:
        return any(step.role == role and step.kind == Kind.REPEAT for step in self._armed)

    def bring_forward(self, role: str, note: str) -> bool:
        pending = [step for step in self._armed if step.role == role and step.kind == Kind.RULE]
        self._armed = [step for step in self._armed if step not in pending[:1]]
        return bool(pending)

    def was_asked(self, role: str) -> bool:
        return bool(self._requests.get(role))

    def is_asking(self, role: str) -> bool:
        return self.was_asked(role)

    def has_it(self, role: str) -> bool:
        return False
