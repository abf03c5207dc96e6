"""The demo's company: people in six zones, three teams, what they run, and who is on call.

Everything here happens in one transaction and is relative to one instant, the demo's ``base``.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from accounts.models import (
    AccessRole,
    BusinessCalendar,
    BusinessHours,
    ContactMethod,
    Qualification,
    Team,
    User,
)
from alerts import actions as alerts
from alerts.models import AlertSource
from incidents.models import Component, IncidentSettings
from oncall.models import EscalationRole, Layer, LayerMember, LayerWindow, RoleTarget, Schedule

PASSWORD = "allclear-demo"  # noqa: S105 - printed on the screen at each start: it is no secret
ALERT_KEY = "demo-monitoring-7f3a9c21d8e4"
WEBHOOKS, API, DATABASE, REPORTS, WEB, GUARD = (
    "webhooks",
    "public-api",
    "database",
    "reports",
    "web-app",
    "healing-guard",
)


@dataclass(frozen=True)
class Login:
    """A person of the demo: ``note`` says what to try as them."""

    username: str
    name: str
    role: AccessRole
    time_zone: str
    job_title: str
    note: str

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"


LOGINS = (
    Login(
        "alice",
        "Alice Moreau",
        AccessRole.COMMANDER,
        "Europe/London",
        "Team Lead, Platform",
        "commands incidents, leads Platform",
    ),
    Login(
        "bob",
        "Bob Tanaka",
        AccessRole.RESPONDER,
        "Europe/Berlin",
        "Engineer, Platform",
        "is on call: let a page go unanswered and watch",
    ),
    Login(
        "carol",
        "Carol Okafor",
        AccessRole.RESPONDER,
        "America/New_York",
        "Support Lead",
        "communicates: writes the updates",
    ),
    Login(
        "dan",
        "Dan Fischer",
        AccessRole.COMMANDER,
        "Europe/London",
        "Engineering Manager",
        "is paged as manager",
    ),
    Login(
        "erin",
        "Erin Walsh",
        AccessRole.RESPONDER,
        "America/Los_Angeles",
        "VP Engineering",
        "is paged last, as executive",
    ),
    Login(
        "femi",
        "Femi Adeyemi",
        AccessRole.RESPONDER,
        "Africa/Lagos",
        "Engineer, Platform",
        "is the second person on call for Platform",
    ),
    Login(
        "grace",
        "Grace Lindqvist",
        AccessRole.RESPONDER,
        "America/New_York",
        "Team Lead, Web",
        "leads Web, on call in New York's office hours",
    ),
    Login(
        "hana",
        "Hana Suzuki",
        AccessRole.COMMANDER,
        "Asia/Tokyo",
        "Team Lead, Data",
        "leads Data",
    ),
    Login(
        "ivan",
        "Ivan Petrov",
        AccessRole.RESPONDER,
        "Europe/Berlin",
        "Engineer, Data",
        "is on call for Data",
    ),
    Login(
        "vera",
        "Vera Novak",
        AccessRole.VIEWER,
        "Europe/London",
        "Account Manager",
        "may look and report, nothing else",
    ),
    Login(
        "ada",
        "Ada Byrne",
        AccessRole.ADMIN,
        "Europe/London",
        "Site Reliability",
        "edits the settings",
    ),
)

# For each slug the name, the members, the lead and the calendar.
TEAMS: dict[str, tuple[str, list[str], str, str]] = {
    "platform": ("Platform", ["alice", "bob", "femi"], "alice", ""),
    "data": ("Data", ["hana", "ivan"], "hana", "Berlin office"),
    "web": ("Web", ["grace", "carol"], "grace", "New York office"),
}
# For each name the zone, the country and its part.
CALENDARS = {
    "Berlin office": ("Europe/Berlin", "DE", "BE"),
    "New York office": ("America/New_York", "US", "NY"),
}
# What a command of the checklists needs to know of any component.
_EVERYWHERE = {
    "prometheus_url": "http://prometheus:9090",
    "database_host": "db-primary",
    "database_user": "app",
    "operation": "handle",
    "public_url": "https://staging.example.com",
}
# For each slug the name, what it is, the team, the experts, whether customers notice, and variables.
COMPONENTS: dict[str, tuple[str, str, str, list[str], bool, dict[str, str]]] = {
    WEBHOOKS: (
        "Webhooks",
        "Takes events from code hosts and hands them to the healing engine.",
        "platform",
        ["bob", "femi"],
        True,
        {"namespace": "webhooks", "service": "webhook-intake"},
    ),
    API: (
        "Public API",
        "What customers' own tools talk to.",
        "platform",
        ["femi"],
        True,
        {"namespace": "api", "service": "public-api"},
    ),
    DATABASE: (
        "Database",
        "PostgreSQL with one replica.",
        "data",
        ["ivan", "hana"],
        False,
        {"namespace": "data", "service": "postgres"},
    ),
    REPORTS: (
        "Reports",
        "Nightly and on demand: what was healed, what was not.",
        "data",
        ["hana"],
        True,
        {"namespace": "data", "service": "reports"},
    ),
    WEB: (
        "Web app",
        "The dashboard that customers sign in to.",
        "web",
        ["grace"],
        True,
        {"namespace": "web", "service": "dashboard"},
    ),
}


def create(base: datetime) -> None:
    """Create the demo's people and everything about them; call in a transaction, on the default data.

    ``base`` (UTC) is the instant the demo's story is told from: Bob is on call at it.
    """
    people = _people(base)
    teams = _teams(people)
    _components(teams, people)
    _rotas(teams, people, base)
    AlertSource.objects.create(
        name="Demo monitoring",
        key_digest=alerts.digest(ALERT_KEY),
        key_hint=ALERT_KEY[:8],
        default_component=Component.objects.get(slug=WEBHOOKS),
    )
    IncidentSettings.objects.update(
        organisation="Healing Guard", bridge_url_template="https://meet.example.com/{reference}"
    )


def _people(base: datetime) -> dict[str, User]:
    password = make_password(PASSWORD)
    people: dict[str, User] = {}
    for login in LOGINS:
        is_admin = login.role == AccessRole.ADMIN
        people[login.username] = User.objects.create(
            username=login.username,
            email=login.email,
            name=login.name,
            role=login.role,
            time_zone=login.time_zone,
            job_title=login.job_title,
            password=password,
            is_staff=is_admin,
            is_superuser=is_admin,
            date_joined=base,
        )
        ContactMethod.objects.create(
            user=people[login.username],
            kind=ContactMethod.Kind.EMAIL,
            address=login.email,
            label="work",
            verified_at=base,
        )
    for username, tag in (
        ("alice", "incident-commander"),
        ("dan", "incident-commander"),
        ("hana", "incident-commander"),
        ("bob", "technical-lead"),
        ("ivan", "technical-lead"),
        ("carol", "communications-lead"),
    ):
        people[username].qualifications.add(Qualification.objects.get(key=tag))
    return people


def _teams(people: dict[str, User]) -> dict[str, Team]:
    calendars: dict[str, BusinessCalendar | None] = {"": None}
    for name, (zone, country, subdivision) in CALENDARS.items():
        calendar = BusinessCalendar.objects.create(
            name=name, time_zone=zone, country=country, subdivision=subdivision
        )
        BusinessHours.objects.bulk_create(
            BusinessHours(calendar=calendar, weekday=weekday, opens=time(9), closes=time(17))
            for weekday in range(5)
        )
        calendars[name] = calendar
    teams = {}
    for slug, (name, members, _, office) in TEAMS.items():
        teams[slug] = Team.objects.create(name=name, slug=slug, calendar=calendars[office])
        teams[slug].members.set(people[username] for username in members)
    return teams


def _components(teams: dict[str, Team], people: dict[str, User]) -> None:
    for position, (slug, row) in enumerate(COMPONENTS.items(), start=1):
        name, description, team, experts, is_user_facing, variables = row
        component = Component.objects.create(
            name=name,
            slug=slug,
            description=description,
            team=teams[team],
            is_user_facing=is_user_facing,
            variables={**_EVERYWHERE, "internal_url": f"http://{slug}.internal", **variables},
            position=position,
        )
        component.experts.set(people[username] for username in experts)
    Component.objects.filter(slug=GUARD).update(team=teams["platform"])


def _rotas(teams: dict[str, Team], people: dict[str, User], base: datetime) -> None:
    london, berlin, new_york = (
        ZoneInfo(name) for name in ("Europe/London", "Europe/Berlin", "America/New_York")
    )
    primary = _schedule("Platform", teams["platform"], london, base, [people["bob"], people["femi"]])
    second = _schedule("Platform secondary", teams["platform"], london, base, [people["femi"], people["bob"]])
    data = _schedule("Data", teams["data"], berlin, base, [people["ivan"], people["hana"]])
    web = _schedule("Web", teams["web"], new_york, base, [people["grace"], people["carol"]])
    # Web is on call in office hours only: at night the rota shows a gap, and the next role is paged instead.
    for layer in web.layers.all():
        LayerWindow.objects.bulk_create(
            LayerWindow(layer=layer, weekday=weekday, starts=time(9), ends=time(17)) for weekday in range(5)
        )
    on_call, lead = EscalationRole.ON_CALL, EscalationRole.TEAM_LEAD
    for team, schedules in ((None, [primary, second]), (teams["platform"], [primary, second]),
                            (teams["data"], [data]), (teams["web"], [web])):  # fmt: skip
        for position, schedule in enumerate(schedules):
            _target(on_call, team, position, schedule=schedule)
        if team is not None:
            _target(on_call, team, len(schedules), whole_team=team)
    _target(lead, None, 0, user=people["alice"])
    for slug, (_, _, leader, _) in TEAMS.items():
        _target(lead, teams[slug], 0, user=people[leader])
    _target(EscalationRole.MANAGER, None, 0, user=people["dan"])
    _target(EscalationRole.EXECUTIVE, None, 0, user=people["erin"])


def _target(role: EscalationRole, team: Team | None, position: int, **who: Any) -> None:
    RoleTarget.objects.create(role=role, team=team, position=position, **who)


def _schedule(name: str, team: Team, zone: ZoneInfo, base: datetime, members: list[User]) -> Schedule:
    """Create a weekly rota whose first member's turn contains ``base`` and began some weeks before."""
    schedule = Schedule.objects.create(
        name=name, slug=name.lower().replace(" ", "-"), team=team, time_zone=str(zone)
    )
    anchor = _turn_start(base, zone) - timedelta(weeks=26 * len(members))
    layer = Layer.objects.create(
        schedule=schedule,
        name="Weekly",
        handoff_time=time(9),
        anchor_date=anchor,
        effective_from=datetime.combine(anchor, time(9), tzinfo=zone).astimezone(UTC),
    )
    LayerMember.objects.bulk_create(
        LayerMember(layer=layer, user=user, position=position) for position, user in enumerate(members)
    )
    return schedule


def _turn_start(base: datetime, zone: ZoneInfo) -> date:
    """Return the local date of the last Monday 09:00 at or before ``base``."""
    local = base.astimezone(zone)
    day = local.date() - timedelta(days=local.weekday())
    return day if local >= datetime.combine(day, time(9), tzinfo=zone) else day - timedelta(weeks=1)
