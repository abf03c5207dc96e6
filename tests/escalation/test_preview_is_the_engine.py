"""What "Who will be woken?" says is what happens: page for page, to the end of the course, if nobody answers."""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import Team, User
from common import clock
from communications.models import Delivery
from escalation import due, engine
from escalation.engine.pace import PACES
from escalation.engine.sequence import ROLES
from escalation.models import EscalationRule, Page
from escalation.preview import Plan, who_will_be_woken
from incidents.models import Event, EventKind, Incident, Severity
from oncall.models import FixedSchedule, FixedShift, LayerMember, Override, RoleTarget, Schedule
from tests import builders
from tests.builders import NOON
from tests.escalation.story import Story

# Who, when (and when it was due), in which role, why them, and by which rule.
Told = tuple[datetime, str, str, str, str]
# The matrix, the calendar, who fills roles, rotas with all that is in them, people, members, methods.
QUERIES = 13
FRIDAY_EVENING = datetime(2026, 3, 27, 16, 52, tzinfo=UTC)
CLOCKS_CHANGE = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)
BEFORE_HAND_OFF = datetime(2026, 3, 30, 7, 57, tzinfo=UTC)


def everybody_is_there(story: Story) -> None:
    """The cast as it stands."""


def an_empty_shift(story: Story) -> None:
    LayerMember.objects.update(user=None)


def nobody_on_call(story: Story) -> None:
    RoleTarget.objects.filter(role="on_call").delete()


def gaps_in_the_middle(story: Story) -> None:
    RoleTarget.objects.filter(role__in=["team_lead", "manager"]).delete()


def only_the_executive(story: Story) -> None:
    RoleTarget.objects.exclude(role="executive").delete()


def nobody_at_all(story: Story) -> None:
    RoleTarget.objects.all().delete()
    Schedule.objects.all().delete()


def somebody_has_left(story: Story) -> None:
    User.objects.filter(pk__in=[story.bob.pk, story.mia.pk]).update(is_active=False)


def a_rota_that_changes_hands(story: Story) -> None:
    """The second in line is on a rota that changes in a minute, and Bob leads as well."""
    RoleTarget.objects.filter(role="on_call", position=1).delete()
    rota = builders.rota("Second", story.carol, story.mia, unit="hour")
    builders.fills("on_call", rota, story.team, position=1)
    RoleTarget.objects.filter(role="team_lead").delete()
    builders.fills("team_lead", story.bob, story.team)


def overrides_and_fixed_shifts(story: Story) -> None:
    """Lee stands in for Bob for an hour; the manager's rota has fixed shifts with a hole."""
    now, hour = clock.now(), timedelta(hours=1)
    rota = Schedule.objects.get(name="Platform")
    Override.objects.create(schedule=rota, user=story.lee, starts_at=now - hour, ends_at=now + hour)
    managers = builders.rota("Managers", story.mia)
    fixed = FixedSchedule.objects.create(
        schedule=managers, starts_at=now, ends_at=now + 90 * hour, reason="launch week"
    )
    FixedShift.objects.create(
        fixed_schedule=fixed, user=story.eve, starts_at=now + hour, ends_at=now + 5 * hour
    )
    RoleTarget.objects.filter(role="manager").delete()
    builders.fills("manager", managers, story.team)


def no_rules(story: Story) -> None:
    EscalationRule.objects.all().delete()


def a_line_with_holes(story: Story) -> None:
    """Of five in line the first, the third and the last are nobody."""
    RoleTarget.objects.filter(role="on_call").delete()
    empty = builders.rota("Empty", None)
    line: list[User | Team | Schedule] = [empty, story.carol, empty, story.team, empty]
    for position, who in enumerate(line):
        builders.fills("on_call", who, story.team, position=position)


SCENES: list[tuple[Callable[[Story], None], datetime]] = [
    (everybody_is_there, NOON),
    (everybody_is_there, FRIDAY_EVENING),
    (an_empty_shift, CLOCKS_CHANGE),
    (nobody_on_call, NOON),
    (nobody_on_call, FRIDAY_EVENING),
    (gaps_in_the_middle, NOON),
    (only_the_executive, CLOCKS_CHANGE),
    (nobody_at_all, NOON),
    (somebody_has_left, FRIDAY_EVENING),
    (a_rota_that_changes_hands, BEFORE_HAND_OFF),
    (overrides_and_fixed_shifts, NOON),
    (no_rules, FRIDAY_EVENING),
    (a_line_with_holes, NOON),
]


def anything(chance: random.Random, story: Story) -> None:
    """Any matrix and anybody in any role: rotas with holes that change by the hour, whole teams, people who left."""
    User.objects.filter(pk__in=[story.mia.pk] if chance.random() < 0.3 else []).update(is_active=False)
    RoleTarget.objects.all().delete()
    people: list[User | None] = [story.bob, story.carol, story.lee, story.mia, story.eve, None]
    for role in ROLES:
        for position in range(chance.choice([0, 1, 1, 2, 4])):
            turns = chance.choices(people, k=chance.randint(1, 4))
            rota = builders.rota(f"{role} {position}", *turns, unit="hour")
            who = chance.choice([rota, rota, story.team, chance.choice(people) or rota])
            builders.fills(role, who, story.team, position=position)
    EscalationRule.objects.all().delete()
    for role in ROLES:
        for severity in Severity.values if chance.random() < 0.9 else ():
            timing = chance.choice(["immediate", "after", "after", *EscalationRule.Timing.values])
            is_review = timing.endswith("review")
            EscalationRule.objects.create(
                role=role, severity=severity, timing=timing, delay_minutes=chance.choice([5, 10, 15, 60, 240]),
                clock=chance.choice(["wall", "business"]), condition=chance.choice(["not_mitigated", "unresolved"]),
                action="agenda" if is_review else chance.choice(["page", "page", "page", "notice"]),
            )  # fmt: skip


def said(plan: Plan) -> list[Told]:
    """Every page that the list promises: its rows, and the repetitions that they announce."""
    found: list[Told] = [
        (row.due_at, str(person.user), row.role, person.reason, row.why)
        for row in plan.rows
        for person in row.people
    ]
    rounds = PACES[plan.severity].rounds
    for row in plan.rows:
        for again in row.again.rounds if row.again else ():
            why = f"Asked again, {again.number} of {rounds}"
            found += [(again.at, str(target.user), row.role, target.reason, why) for target in again.people]
    return sorted(found)


def happened(incident: Incident) -> list[Told]:
    """Every page of an incident, with the words of its timeline."""
    why = {
        pk: event.text
        for event in Event.objects.filter(incident=incident, kind=EventKind.PAGED)
        for pk in event.data["pages"]
    }
    pages = Page.objects.filter(incident=incident)
    assert all(page.created_at == page.due_at and page.late_seconds == 0 for page in pages)
    return sorted((page.due_at, page.user_label, page.role, page.reason, why[page.pk]) for page in pages)


def gaps_said(plan: Plan) -> list[tuple[datetime, str, int]]:
    return [(row.due_at, row.role, row.position) for row in plan.rows if row.is_gap]


def gaps_found(incident: Incident) -> list[tuple[datetime, str, int]]:
    rows = Event.objects.filter(incident=incident, kind=EventKind.COVERAGE_GAP).order_by("sequence")
    return [
        (row.recorded_at, row.data["role"], row.data["position"])
        for row in rows
        if "found no rule" not in row.data["headline"]
    ]


def every_scene_at_every_severity() -> Iterator[Any]:
    """Each scene at one severity, and at the others where there is time for it."""
    for number, (scene, at) in enumerate(SCENES):
        for severity in (1, 2, 3, 4):
            marks = () if severity == number % 4 + 1 else (pytest.mark.slow,)
            yield pytest.param(
                severity, scene, at, marks=marks, id=f"{scene.__name__} {at:%a %H:%M}-{severity}"
            )


@pytest.mark.parametrize(("severity", "scene", "at"), list(every_scene_at_every_severity()))
def test_nobody_answers_and_all_pages_are_those_that_were_said(
    story: Story, severity: int, scene: Callable[[Story], None], at: datetime
) -> None:
    story.traveller.move_to(at, tick=False)
    scene(story)
    assert_it_comes_as_it_was_said(story, severity, at)


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=() if seed < 3 else (pytest.mark.slow,)) for seed in range(60)]
)
def test_so_it_is_in_any_world(story: Story, seed: int) -> None:
    chance = random.Random(seed)
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(365 * 24 * 60))
    story.traveller.move_to(at, tick=False)
    anything(chance, story)
    assert_it_comes_as_it_was_said(story, chance.choice([1, 2, 3, 4]), at)


def assert_it_comes_as_it_was_said(story: Story, severity: int, at: datetime) -> None:
    plan = who_will_be_woken(severity, story.team, at)
    incident = story.declare(severity)
    while (next_due := due.next_due()) is not None:
        story.traveller.move_to(next_due, tick=False)
        assert engine.tick(clock.now()), "a timer is due and nothing fires"
    assert happened(incident) == said(plan)
    assert gaps_found(incident) == gaps_said(plan)


def test_the_ways_and_their_minutes_are_those_of_the_deliveries(story: Story) -> None:
    builders.mail_method(story.bob, "bob@work.example", position=0)
    builders.mail_method(story.bob, "bob@home.example", position=1, delay_minutes=3)
    [bob] = who_will_be_woken(1, story.team, NOON).rows[0].people
    story.declare(1)
    rows = Delivery.objects.filter(user=story.bob).order_by("due_at", "pk")
    words = {"email": "mail", "in_app": "Allclear"}
    assert [(way.words, way.at) for way in bob.ways] == [(words[row.transport], row.due_at) for row in rows]
    assert [way.delay_minutes for way in bob.ways] == [0, 0, 3]


def test_what_quiet_hours_hold_is_said_and_held(story: Story) -> None:
    builders.mail_method(story.bob, "bob@work.example", delay_minutes=3)
    User.objects.filter(pk=story.bob.pk).update(quiet_from=time(8), quiet_until=time(14), time_zone="UTC")
    [bob] = who_will_be_woken(3, story.team, NOON).rows[0].people
    assert bob.methods == ("mail after quiet hours", "Allclear")
    story.declare(3)
    rows = Delivery.objects.filter(user=story.bob, topic__startswith="page:").order_by("due_at", "pk")
    assert [way.at for way in bob.ways] == [row.due_at for row in rows]
    assert [way.is_held for way in bob.ways] == [False, True]


@pytest.mark.parametrize("count", [2, 20])
def test_the_number_of_queries_does_not_grow_with_people_and_positions(
    story: Story, count: int, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    people = [builders.person(f"Person {number}") for number in range(count)]
    story.team.members.set(people)
    RoleTarget.objects.filter(role="on_call").delete()
    rota = builders.rota("Long", *people, unit="hour")
    for position in range(count):
        builders.fills("on_call", rota, story.team, position=position)
    builders.fills("on_call", story.team, story.team, position=count)
    with django_assert_num_queries(QUERIES):
        plan = who_will_be_woken(1, story.team, NOON)
    assert len([row for row in plan.rows if row.role == "on_call"]) == count + 1
