"""Who will be woken? Before anybody is: the engine's own course, played on paper (R12, R21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts import calendars, reach
from accounts.models import BusinessCalendar, Team, User
from common import clock, instants
from communications import outbox
from escalation.duetimes import RuleSpec, without_rules
from escalation.engine.pace import PACES, Pace
from escalation.engine.run import cells, snapshot
from escalation.engine.sequence import ROLES, Action
from escalation.models import EscalationRule
from escalation.paper import Gap, Item, Note, Request, play
from incidents.models import Severity
from oncall.models import EscalationRole
from oncall.targets import Roster, Target, responsible_team

Condition = EscalationRule.Condition


_ORIGINS = {
    "override": "Override",
    "swap": "Swap",
    "taken": "Pager taken",
    "fixed": "Fixed schedule",
    "calendar": "Another calendar",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way on which a page reaches somebody: "mail", at an instant (UTC), so many minutes after the page.

    ``is_held``: it is later than that, because the person's quiet hours hold what can wait.
    """

    words: str
    delay_minutes: int
    at: datetime
    is_held: bool = False

    @property
    def is_at_once(self) -> bool:
        return not self.delay_minutes and not self.is_held

    @property
    def delay_words(self) -> str:
        """Return why it is not at once: "after 5 min", "after quiet hours"; "" for what is."""
        if self.is_held:
            return "after quiet hours"
        return f"after {self.delay_minutes} min" if self.delay_minutes else ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who would be asked: why it is them, where that comes from (``Target.origin``), and on which ways."""

    user: User
    reason: str
    origin: str
    ways: tuple[Way, ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """Return the ways in words, each once: "mail", "mail after 5 min", "Allclear", which comes last."""
        own = [way for way in self.ways if way.words != "Allclear"]
        words = [f"{way.words} {way.delay_words}".strip() for way in own]
        return tuple(dict.fromkeys([*words, "Allclear"]))

    @property
    def at_once(self) -> tuple[str, ...]:
        """Return the ways that are used with the page itself, in words, each once."""
        return tuple(dict.fromkeys(way.words for way in self.ways if way.is_at_once))

    @property
    def later(self) -> tuple[Way, ...]:
        """Return the ways that are used while it stays unanswered, in the order of their times."""
        return tuple(way for way in self.ways if not way.is_at_once)

    @property
    def origin_words(self) -> str:
        """Return where it comes from, where that is not the plain rota or role: "Override", "Another calendar"."""
        return _ORIGINS.get(self.origin, "")


@dataclass(frozen=True, slots=True)
class Round:
    """One repetition: everybody who was asked in the role before is asked again, but for who is asked just then."""

    number: int
    at: datetime
    people: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """The repetitions in a role while nobody answers."""

    rounds: tuple[Round, ...]
    minutes: int
    is_business: bool

    @property
    def last_at(self) -> datetime:
        return self.rounds[-1].at

    @property
    def words(self) -> str:
        """Return "every 5 min", on the business clock "every 30 business minutes"."""
        return f"every {self.minutes} {'business minutes' if self.is_business else 'min'}"

    @property
    def times_words(self) -> str:
        """Return "once", "12 times"."""
        return "once" if len(self.rounds) == 1 else f"{len(self.rounds)} times"


@dataclass(frozen=True, slots=True)
class Row:
    """One step: at ``due_at`` (UTC), ``offset`` after the declaration. Without people it is a gap, or an agenda item.

    ``position`` 0 is the cell of the matrix itself; the others are asked when nobody before them answers. ``why`` are
    the words that the timeline would say. ``again`` belongs to the first step of a role that asks anybody.
    """

    due_at: datetime
    offset: timedelta
    role: str
    rule: RuleSpec
    position: int = 0
    people: tuple[Person, ...] = ()
    why: str = ""
    # Whether the ones before in the role were asked and did not answer.
    is_next: bool = False
    again: Again | None = None
    # Of a gap: who fills it and can no longer sign in, and whether others are asked at once instead.
    passed_over: tuple[str, ...] = ()
    goes_on: bool = False

    @property
    def role_words(self) -> str:
        return str(EscalationRole(self.role).label)

    @property
    def is_agenda(self) -> bool:
        return self.rule.action == Action.AGENDA

    @property
    def is_gap(self) -> bool:
        return not self.people and not self.is_agenda

    @property
    def is_page(self) -> bool:
        """Return whether people are asked for an answer; a notice only tells them."""
        return bool(self.people) and self.rule.action == Action.PAGE

    @property
    def offset_words(self) -> str:
        """Return "at once", "T+5 min", "T+2 d 14 h 5 min": how long after the declaration."""
        if not self.offset:
            return "at once"
        days = timedelta(days=self.offset.days)
        rest = instants.duration(self.offset - days) if self.offset > days or not days else ""
        return " ".join(filter(None, [f"T+{days.days} d" if days else f"T+{rest}", rest if days else ""]))

    @property
    def look(self) -> str:
        """Return how the page shows it: "gap", "agenda", "told", "next" or "page"."""
        if self.is_agenda or not self.people:
            return "agenda" if self.is_agenda else "gap"
        return "next" if self.is_next else "page" if self.is_page else "told"

    @property
    def gap_words(self) -> str:
        """Return what comes of a gap."""
        return "Nobody: the next one is asked at once" if self.goes_on else "Nobody"

    @property
    def condition(self) -> str:
        """Return what would stop it, in short: "unless mitigated"; for a later person, an answer."""
        return "if nobody answers" if self.is_next else self.rule.condition_words

    @property
    def stops(self) -> str:
        """Return what would keep this from happening, as a sentence; "" where nobody is asked."""
        if not self.people:
            return ""
        if not self.offset:
            return "Nothing stops it: it goes out with the declaration."
        someone = "somebody before them answers" if self.is_next else "one of them has it by then"
        mitigated = "mitigated or " if self.rule.condition == Condition.NOT_MITIGATED else ""
        return f"Not if {someone}, or it is {mitigated}resolved."


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that declaring an incident of a severity for a team at ``at`` (UTC) would set in motion, in order."""

    severity: Severity
    team: Team | None
    at: datetime
    asked_at: datetime
    rows: tuple[Row, ...]
    has_rules: bool
    calendar: BusinessCalendar | None

    @property
    def is_past(self) -> bool:
        return self.at < self.asked_at - timedelta(minutes=1)

    @property
    def is_anybody_paged(self) -> bool:
        """Return whether anybody would be asked for an answer at any time."""
        return any(row.is_page for row in self.rows)

    @property
    def is_anybody_told(self) -> bool:
        """Return whether anything would reach anybody, a notice included."""
        return any(row.people for row in self.rows)

    @property
    def is_agenda_only(self) -> bool:
        """Return whether all that happens is an item on an agenda."""
        return bool(self.rows) and all(row.is_agenda for row in self.rows)

    @property
    def gap_count(self) -> int:
        return sum(row.is_gap for row in self.rows)

    @property
    def has_gaps(self) -> bool:
        return self.gap_count > 0

    @property
    def verdict(self) -> str:
        """Return, where nobody would be paged, why not, as a sentence; else ""."""
        if self.is_anybody_paged:
            return ""
        if self.is_agenda_only:
            return f"Nobody is paged: {self.severity.label} only goes on the agenda of a review."
        if self.is_anybody_told:
            return "Nobody is paged: people are only told, and nobody is asked for an answer."
        return "Nobody would be paged: no role has anybody who can be."

    @property
    def notes(self) -> tuple[str, ...]:
        """Return everything that has to be known beside the steps, as sentences."""
        return tuple(filter(None, [self.past, *self.conditions]))

    @property
    def conditions(self) -> tuple[str, ...]:
        """Return the conditions under which the steps hold, as sentences."""
        return tuple(filter(None, [self._rules, self._mitigation, self._answers, self._hours]))

    @property
    def past(self) -> str:
        """Return what the list of a past instant is taken from, as a sentence; "" for one to come."""
        if not self.is_past:
            return ""
        return (
            "Rotas, overrides and swaps are as they were then; all else is by the rules as they are now: the matrix, "
            "who fills its roles, and how people are reached."
        )

    @property
    def _rules(self) -> str:
        if self.has_rules:
            return ""
        return f"The matrix has no rule for {self.severity.label}: the on-call engineer is asked anyway."

    @property
    def _mitigation(self) -> str:
        pages = [row for row in self.rows if row.people and row.offset]
        if not any(row.rule.condition == Condition.NOT_MITIGATED for row in pages):
            return ""
        return "What is “unless mitigated” is held back by mitigation, and goes on after a setback."

    @property
    def _answers(self) -> str:
        if not self.is_anybody_paged:
            return ""
        return (
            "“I have it” ends the asking in that role. The other roles are asked at their times all the same."
        )

    @property
    def _hours(self) -> str:
        """Say whose hours count, where any step or pace waits for them."""
        paced = PACES[self.severity].business and self.is_anybody_paged
        if not paced and not any(_waits_for_hours(row.rule) for row in self.rows):
            return ""
        if self.calendar is None:
            return "Business hours are not set up: every hour counts as one."
        words = f"Business hours and days are those of “{self.calendar}” ({self.calendar.time_zone})."
        return f"{words} Outside them nobody is asked again." if paced else words


def _waits_for_hours(rule: RuleSpec) -> bool:
    return rule.clock == "business" or rule.timing not in ("immediate", "after")


def who_will_be_woken(severity: int, team: Team | None, at: datetime) -> Plan:
    """Return every step that declaring an incident of this severity at ``at`` would set in motion, in order.

    A role that nobody fills at its time is a gap: its next position, else the next role, is asked at once. The number
    of queries does not depend on how many people, positions and steps there are.
    """
    team = responsible_team(team)
    calendar = calendars.for_team(team)
    rules = cells(snapshot(), severity)
    notes = play(rules or [without_rules(severity)], severity, calendar, Roster(team, at), at)
    return Plan(
        severity=Severity(severity),
        team=team,
        at=at,
        asked_at=clock.now(),
        rows=tuple(_rows(notes, at, severity)),
        has_rules=bool(rules),
        calendar=calendars.stored_for(team),
    )


def _rows(notes: Sequence[Note], at: datetime, severity: int) -> list[Row]:
    requests = [note for note in notes if isinstance(note, Request)]
    everybody = {target.user.pk: target.user for request in requests for _, target in request.people}
    people = list(everybody.values())
    methods = reach.usable_by_person(people)
    ways = {
        kind: outbox.ways(people, kind=kind, severity=severity, methods=methods)
        for kind in ("page", "notice")
    }
    turns = {request.turn for request in requests}
    again = _repetitions(requests, PACES[severity])
    rows = []
    for note in notes:
        offset = note.at - at
        if isinstance(note, Item):
            rows.append(
                Row(note.at, offset, note.rule.role, note.rule, why=f"{note.rule.words} by the matrix")
            )
        elif isinstance(note, Gap):
            rows.append(_gap(note, offset, goes_on=note.turn in turns))
        elif not note.ask.again:
            kind = "notice" if note.ask.rule.action == Action.NOTICE else "page"
            rows.append(_asked(note, offset, ways[kind], again.pop(note.ask.role, None)))
    return rows


def _gap(note: Gap, offset: timedelta, *, goes_on: bool) -> Row:
    passed_over = tuple(str(target.user) for target in note.passed_over)
    ask = note.ask
    return Row(
        note.at,
        offset,
        ask.role,
        ask.rule,
        note.position,
        why=ask.why,
        passed_over=passed_over,
        goes_on=goes_on,
    )


def _on(way: outbox.Way, due_at: datetime) -> Way:
    at = way.at(due_at)
    is_held = at > due_at + timedelta(minutes=way.delay_minutes)
    return Way(way.words, way.delay_minutes, at, is_held)


def _asked(
    request: Request, offset: timedelta, ways: dict[int, list[outbox.Way]], again: Again | None
) -> Row:
    ask = request.ask
    people = tuple(
        Person(
            target.user,
            target.reason,
            target.origin,
            tuple(sorted((_on(way, request.at) for way in ways[target.user.pk]), key=lambda way: way.at)),
        )
        for _, target in request.people
    )
    position = request.people[0][0]
    return Row(
        request.at,
        offset,
        ask.role,
        ask.rule,
        position,
        people,
        ask.why,
        is_next=bool(ask.position),
        again=again,
    )


def _repetitions(requests: Sequence[Request], pace: Pace) -> dict[str, Again]:
    """Return each role's repetitions, by role."""
    found = {}
    for role in ROLES:
        rounds = tuple(
            Round(request.ask.again, request.at, tuple(target for _, target in request.people))
            for request in requests
            if request.ask.role == role and request.ask.again
        )
        if rounds:
            found[role] = Again(rounds, pace.repeat, pace.business)
    return found
