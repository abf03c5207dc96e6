"""Who is asked next, in which order and when: the one place that decides it (semantics.md, "Escalation"; R12, R21).

It runs on a board. The engine's is the database (``paging.Rows``): there pages are written and timers armed. That of
"Who will be woken?" is a sheet of paper (``escalation.paper``): there they are only noted. So both come to the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Protocol

from common.businesstime import Calendar
from escalation.duetimes import RuleSpec, due_at
from escalation.engine import wording
from escalation.engine.pace import Pace
from escalation.models import EscalationRule, EscalationTimer
from oncall.models import EscalationRole
from oncall.targets import Target

Action, Kind = EscalationRule.Action, EscalationTimer.Kind
ROLES = [str(role) for role in EscalationRole.values]
# At each position of a role: somebody to be asked.
Placed = tuple[int, Target]


@dataclass(frozen=True)
class Ask:
    """One request to one role: from which position on, when it was due, by which cell, with which words before it."""

    role: str
    due_at: datetime
    rule: RuleSpec
    position: int = 0
    prefix: str = ""
    why: str = ""
    # Of an upgrade: who has acknowledged stays so, but is told.
    inform_holders: bool = False
    # Who was asked before in this role is not asked again by the old request: this one takes its place.
    renews: bool = False
    # Who is not asked, whatever they fill: they have just been sent home.
    spared: frozenset[int] = frozenset()
    # Of a repetition: which one it is.
    again: int = 0


@dataclass(frozen=True)
class Asked:
    """What the incident's pages say: who has it, who declined in this epoch, and each role's last request."""

    having: dict[int, str]
    declined: set[int]
    last_round: dict[str, int]

    def next_round(self, role: str) -> int:
        """Return the number of the next request to a role: it never repeats within an incident, so no key does."""
        return self.last_round.get(role, -1) + 1


@dataclass(frozen=True)
class Step:
    """What a timer is for: at ``due_at`` (UTC) something is done in a role. ``round`` counts repetitions."""

    kind: str
    key: str
    role: str
    due_at: datetime
    rule: RuleSpec
    position: int = 0
    round: int = 0
    # Why the matrix asks: "upgraded", "reopened", or "" at the declaration.
    reason: str = ""

    @classmethod
    def of(cls, timer: EscalationTimer) -> "Step":
        """Return a stored timer as plain values."""
        return cls(
            kind=timer.kind,
            key=timer.key,
            role=timer.role,
            due_at=timer.due_at,
            rule=RuleSpec.from_json(timer.rule),
            position=timer.position,
            round=timer.round,
            reason=str(timer.rule.get("reason", "")),
        )


class Board(Protocol):
    """What a course is played on. Everything on it happens at ``now`` (UTC)."""

    @property
    def now(self) -> datetime: ...
    @property
    def pace(self) -> Pace: ...
    def after(self, start: datetime, minutes: int) -> datetime:
        """Return the UTC instant ``minutes`` after ``start`` on the pace's clock."""

    def rule(self, role: str) -> RuleSpec | None:
        """Return the cell of the matrix for a role."""

    def positions(self, role: str) -> list[list[Target]]:
        """Return who fills a role now, first in line first; an empty inner list is a gap."""

    def asked(self) -> Asked:
        """Return what has been asked and answered so far."""

    def open_people(self, role: str, *, asked_before: datetime | None = None) -> list[Placed]:
        """Return who in a role still owes an answer; with ``asked_before`` only who was asked before it."""

    def page(
        self, ask: Ask, people: list[Placed], *, number: int | None = None, answer: bool = True
    ) -> list[str]:
        """Page these people now; return their names. ``number`` is the request's, if it is known."""

    def gap(self, ask: Ask, position: int, people: list[Target]) -> None:
        """Note that nobody can be asked at a position; ``people`` fill it and can no longer sign in."""

    def arm(self, steps: list[Step]) -> None:
        """Let these happen when they are due."""

    def end_chain(self, role: str, note: str) -> None:
        """Ask nobody further or again by the requests that a role has had."""

    def is_repeating(self, role: str) -> bool:
        """Return whether a repetition is armed for a role."""

    def bring_forward(self, role: str, note: str) -> bool:
        """Take the matrix's own step for a role off the board, as done now; return whether there was one."""

    def was_asked(self, role: str) -> bool:
        """Return whether anybody was asked in a role."""

    def is_asking(self, role: str) -> bool:
        """Return whether somebody in a role may still answer."""

    def has_it(self, role: str) -> bool:
        """Return whether somebody has the incident who was asked in a role."""


def rule_step(rule: RuleSpec, t0: datetime, calendar: Calendar, reason: str = "") -> Step:
    """Return the matrix's own step for a cell, counted from ``t0`` (UTC)."""
    due = due_at(rule, t0, calendar)
    return Step(Kind.RULE, f"rule:{rule.role}", rule.role, due, rule, reason=reason)


# ---- a role ----


def page_role(board: Board, ask: Ask) -> str:
    """Page the first position of a role, from ``ask.position`` on, that has somebody; return what came of it in words.

    Nobody in it is a coverage gap: it is noted, and the next position, else the next role, is paged at once. Whoever
    has acknowledged already is not asked again.
    """
    positions = board.positions(ask.role)
    asked = board.asked()
    if ask.renews and ask.role in asked.last_round:
        board.end_chain(ask.role, "Asked again by the matrix")
    for position in range(ask.position, max(len(positions), 1)):
        people = positions[position] if position < len(positions) else []
        able = [target for target in people if target.user.is_active]
        if not able:
            board.gap(ask, position, people)
            continue
        if any(target.user.pk in asked.having for target in able):
            return _already_taken(board, ask, able, asked.having)
        able = [target for target in able if target.user.pk not in asked.declined | ask.spared]
        if able:
            number = asked.next_round(ask.role)
            names = board.page(ask, [(position, target) for target in able], number=number)
            _arm_chain(board, ask, position, len(positions), number + 1)
            return f"Paged {wording.names(names)}."
    if ask.position:
        return "There is nobody further to ask in this role."
    return page_next_role(board, ask.role, ask)


def page_next_role(board: Board, role: str, ask: Ask) -> str:
    """Page the role after ``role`` now, before its time; return what came of it in words."""
    if role not in ROLES or role == ROLES[-1]:
        return "Nobody is left to ask."
    following = ROLES[ROLES.index(role) + 1]
    note = f"At once: nobody could be asked as {wording.role_words(role)}."
    if not board.bring_forward(following, note) and board.was_asked(following):
        if not board.is_asking(following) and not board.has_it(following):
            return page_next_role(board, following, ask)
        return f"Nobody could be asked; the {wording.role_words(following)} has been asked already."
    rule = board.rule(following) or ask.rule
    if rule.action == Action.AGENDA:
        rule = ask.rule
    following_ask = replace(
        ask,
        role=following,
        due_at=board.now,
        rule=rule,
        position=0,
        why=note,
        inform_holders=False,
        renews=False,
    )
    page_role(board, following_ask)
    return f"Nobody could be asked: the {wording.role_words(following)} was asked at once."


def _already_taken(board: Board, ask: Ask, able: list[Target], having: dict[int, str]) -> str:
    """Leave alone who has it. After an upgrade they are told, without being asked to answer once more."""
    mine = [target for target in able if target.user.pk in having]
    who = wording.names([having[target.user.pk] for target in mine])
    if ask.inform_holders:
        board.page(ask, [(ask.position, target) for target in mine], answer=False)
    return f"{who} has it already."


# ---- if nobody answers ----


def _arm_chain(board: Board, ask: Ask, position: int, positions: int, number: int) -> None:
    """Arm what happens when nobody in the role answers: the next person, and the same people again.

    Both count from the due time, not from now, so that a late page does not push the others back. ``number`` is that of
    the next request.
    """
    if ask.rule.action == Action.NOTICE:
        return
    steps = [next_step(board, ask, position + 1, number)] if position + 1 < positions else []
    is_first = number == 1
    if is_first or not board.is_repeating(ask.role):
        repeat = repeat_step(board, ask.role, ask.rule, ask.due_at, 0, number)
        steps += [repeat] if repeat else []
    board.arm(steps)


def next_step(board: Board, ask: Ask, position: int, number: int) -> Step:
    """Return the step that asks the next position of a role."""
    due_at = board.after(ask.due_at, board.pace.next)
    key = f"next:{ask.role}:{position}:{number}"
    return Step(Kind.NEXT, key, ask.role, due_at, ask.rule, position=position)


def repeat_step(
    board: Board, role: str, rule: RuleSpec, last_due: datetime, done: int, number: int
) -> Step | None:
    """Return the next repetition after ``done`` of them, if any is left. Those that should have been are left out."""
    due_at = last_due
    while done < board.pace.rounds:
        done += 1
        due_at = board.after(due_at, board.pace.repeat)
        if due_at > board.now:
            return Step(Kind.REPEAT, f"repeat:{role}:{number}", role, due_at, rule, round=done)
    return None


# ---- what is due ----

# What is due at the same instant goes by kind, "next" before "repeat": whoever the one asks is not asked again by the
# other. After that by the order in which it was armed.
IN_TURN = ("due_at", "kind")
in_turn = attrgetter(*IN_TURN)


def fire(board: Board, step: Step) -> str:
    """Do what a step is for; return what came of it in words, where that is not plain."""
    return _DEEDS[step.kind](board, step)


def _fire_rule(board: Board, step: Step) -> str:
    on_call = step.role == EscalationRole.ON_CALL
    ask = Ask(
        role=step.role,
        due_at=step.due_at,
        rule=step.rule,
        # Only the on-call engineer has heard of this incident before: the word tells them why it comes again.
        prefix={"upgraded": "UPGRADED", "reopened": "REOPENED"}.get(step.reason, "") if on_call else "",
        why=f"{step.rule.words} by the matrix",
        inform_holders=on_call and step.reason == "upgraded",
        renews=True,
    )
    return page_role(board, ask)


def _fire_next(board: Board, step: Step) -> str:
    why = "The one before did not answer"
    return page_role(board, Ask(step.role, step.due_at, step.rule, position=step.position, why=why))


def _fire_repeat(board: Board, step: Step) -> str:
    """Ask everybody in the role again who has not answered; after the last round it is over."""
    waiting = board.open_people(step.role, asked_before=step.due_at)
    if not waiting and not board.open_people(step.role):
        return "Answered"
    if waiting:
        why = f"Asked again, {step.round} of {board.pace.rounds}"
        board.page(Ask(step.role, step.due_at, step.rule, why=why, again=step.round), waiting)
    number = board.asked().next_round(step.role)
    repeat = repeat_step(board, step.role, step.rule, step.due_at, step.round, number)
    board.arm([repeat] if repeat else [])
    return "" if repeat else "Asked for the last time"


_DEEDS: dict[str, Callable[[Board, Step], str]] = {
    Kind.RULE: _fire_rule,
    Kind.NEXT: _fire_next,
    Kind.REPEAT: _fire_repeat,
}
