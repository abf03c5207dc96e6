"""Who will be woken? Before anybody is, by the due times and the people that the engine uses too (R12, R21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import calendars
from accounts.models import ContactMethod, Team, User
from common.businesstime import Calendar
from escalation.duetimes import RuleSpec, due_at, without_rules
from escalation.engine.pace import PACES
from escalation.models import EscalationRule
from incidents.models import Severity
from oncall.models import EscalationRole
from oncall.targets import Target, people_for, responsible_team

ROLES = [str(role) for role in EscalationRole.values]
AT_ONCE = "At once: nobody to page before"
NO_ANSWER = "If nobody answers"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who will be paged: why it is them, and by which methods ("mail", "mail after 5 min", "Allclear")."""

    user: User
    reason: str
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One step: at ``due_at`` (UTC), ``offset`` after the declaration. Without people it is a gap, or an agenda item.

    ``position`` 0 is the cell of the matrix itself; the others are asked when nobody before them answers.
    """

    due_at: datetime
    offset: timedelta
    role: str
    rule: RuleSpec
    position: int
    people: tuple[Person, ...]
    note: str = ""
    # Of a gap: whether somebody further down is asked at once instead.
    goes_on: bool = False

    @property
    def role_words(self) -> str:
        return str(EscalationRole(self.role).label)

    @property
    def is_agenda(self) -> bool:
        return self.rule.action == EscalationRule.Action.AGENDA

    @property
    def is_gap(self) -> bool:
        return not self.people and not self.is_agenda

    @property
    def gap_words(self) -> str:
        """Return what comes of a gap."""
        return "Nobody: the next one is asked at once" if self.goes_on else "Nobody"

    @property
    def condition(self) -> str:
        """Return what would stop it: "unless mitigated", "unless resolved"; for a later person, an answer too."""
        return "if nobody answers" if self.position else self.rule.condition_words


def nobody_at_all(rows: Sequence[Row]) -> bool:
    """Return whether nobody would be paged by any of these steps."""
    return any(row.is_gap for row in rows) and not any(row.people for row in rows)


def who_will_be_woken(severity: int, team: Team | None, at: datetime) -> list[Row]:
    """Return every step that declaring an incident of this severity at ``at`` would set in motion, in order.

    A role that nobody fills at its time is a gap: its next position, else the next role, is asked at once.
    """
    team = responsible_team(team)
    return _Plan(severity, team, at).rows()


class _Plan:
    """Plays an escalation in which nobody answers, as the engine would run it."""

    def __init__(self, severity: int, team: Team | None, at: datetime) -> None:
        self.severity, self.team, self.at = Severity(severity), team, at
        self.calendar: Calendar = calendars.for_team(team)
        self.done: set[tuple[str, bool]] = set()
        self.steps: list[tuple[datetime, str, RuleSpec, int, list[Target], str]] = []

    def rows(self) -> list[Row]:
        stored = EscalationRule.objects.filter(severity=self.severity)
        cells = [RuleSpec.of(rule) for rule in stored] or [without_rules(self.severity)]
        rules = {cell.role: cell for cell in cells}
        due = {role: due_at(rule, self.at, self.calendar) for role, rule in rules.items()}
        for role in sorted(due, key=lambda role: (due[role], ROLES.index(role))):
            self._ask(role, due[role], rules)
        return self._with_methods()

    def _ask(self, role: str, due: datetime, rules: dict[str, RuleSpec], note: str = "") -> None:
        """Ask a role once. What is brought forward because of a gap is not asked a second time at its own hour."""
        rule = rules[role]
        is_agenda = rule.action == EscalationRule.Action.AGENDA
        if (role, is_agenda) in self.done:
            return
        self.done.add((role, is_agenda))
        if is_agenda:
            self.steps.append((due, role, rule, 0, [], "No page: an item on the agenda"))
            return
        if not self._ask_positions(role, due, rule, note):
            following = ROLES[ROLES.index(role) + 1 :][:1]
            for next_role in following:
                self._ask(
                    next_role, due, rules | {next_role: _as_page(rules.get(next_role, rule), rule)}, AT_ONCE
                )

    def _ask_positions(self, role: str, due: datetime, rule: RuleSpec, note: str) -> bool:
        """Add a role's positions, each after the pause for an answer; return whether there is anybody in them."""
        pace, found, position = PACES[self.severity], False, 0
        while position < len(positions := people_for(self.team, role, due)):
            able = [target for target in positions[position] if target.user.is_active]
            why = note if not position else (NO_ANSWER if found else AT_ONCE)
            self.steps.append((due, role, rule, position, able, why))
            if able and rule.action == EscalationRule.Action.NOTICE:
                return True
            if able:
                found, due = True, pace.after(due, pace.next, self.calendar)
            position += 1
        return found

    def _with_methods(self) -> list[Row]:
        users = {target.user.pk for _, _, _, _, people, _ in self.steps for target in people}
        methods = _methods(users)
        found = {due for due, _, _, _, people, _ in self.steps if people}
        return [
            Row(
                due_at=due,
                offset=due - self.at,
                role=role,
                rule=rule,
                position=position,
                people=tuple(
                    Person(t.user, t.reason, methods.get(t.user.pk, ("mail", "Allclear"))) for t in people
                ),
                note=note,
                goes_on=not people and due in found,
            )
            for due, role, rule, position, people, note in sorted(self.steps, key=lambda step: step[0])
        ]


def _as_page(rule: RuleSpec, asked: RuleSpec) -> RuleSpec:
    """Return the cell by which a role is asked early: instead of an agenda item, the page that found nobody."""
    return asked if rule.action == EscalationRule.Action.AGENDA else rule


def _methods(users: Sequence[int] | set[int]) -> dict[int, tuple[str, ...]]:
    """Return how each person is reached, in words and in their own order; Allclear itself always tells them too."""
    words: dict[int, list[str]] = {}
    rows = ContactMethod.objects.filter(user__in=users, is_active=True).exclude(
        kind=ContactMethod.Kind.IN_APP
    )
    for row in rows:
        kind = row.get_kind_display().lower()
        later = f"{kind} after {row.delay_minutes} min" if row.delay_minutes else kind
        words.setdefault(row.user_id, []).append(later)
    return {user: tuple(dict.fromkeys([*kinds, "Allclear"])) for user, kinds in words.items()}
