"""``manage.py who_will_be_woken``: the list that the page of this name shows, for a terminal, a script or cron."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.utils.encoders import JSONEncoder

from accounts.models import Team
from common import clock, zones
from escalation import moments
from escalation.api.shapes import PlanShape
from escalation.moments import Moment
from escalation.preview import Plan, Row, who_will_be_woken
from incidents.actions.declaring import team_for
from incidents.models import Component, Severity


class Command(BaseCommand):
    help = (
        "Say who would be paged for an incident, when, by which rule and how; nobody is. "
        "Exit status 1: nobody would be paged at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--severity", type=int, required=True, choices=Severity.values, help="1 is the worst"
        )
        parser.add_argument(
            "--component", action="append", default=[], help="its short name; may be repeated"
        )
        parser.add_argument("--team", help="its short name; by default that of the components")
        parser.add_argument(
            "--at", help="an instant such as 2026-03-28T03:00Z, or a wall time; by default now"
        )
        parser.add_argument("--zone", default="UTC", help="the zone of a wall time and of what is printed")
        parser.add_argument("--json", action="store_true", help="print what the API answers")

    def handle(self, *args: Any, **options: Any) -> None:
        zone, team = _zone(options["zone"]), _team(options["team"], options["component"])
        moment = _moment(options["at"], zone)
        plan = who_will_be_woken(options["severity"], team, moment.instant)
        if options["json"]:
            shape = PlanShape(plan, context={"zone": zone, "note": moment.note})
            self.stdout.write(json.dumps(shape.data, cls=JSONEncoder, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(plan, moment, zone)))
        if not plan.is_anybody_paged:
            # CommandError ends with status 1, so that cron and scripts notice.
            raise CommandError(plan.verdict)


def _zone(name: str) -> ZoneInfo:
    if name not in zones.names():
        raise CommandError(f"There is no time zone “{name}”. Write one like Europe/London.")
    return zones.get(name)


def _moment(given: str | None, zone: ZoneInfo) -> Moment:
    if not given:
        return Moment(clock.now())
    try:
        return moments.read(given, zone)
    except ValueError as error:
        raise CommandError(f"“{given}” is not an instant that can be asked about. {error}") from None


def _team(slug: str | None, components: list[str]) -> Team | None:
    if not slug:
        return team_for([_component(component) for component in components])
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        raise CommandError(
            f"There is no team “{slug}”. Known: {_known(Team.objects.values_list('slug', flat=True))}."
        )
    return team


def _component(slug: str) -> Component:
    try:
        return Component.objects.select_related("team").get(slug=slug)
    except Component.DoesNotExist:
        known = _known(Component.objects.filter(is_active=True).values_list("slug", flat=True))
        raise CommandError(f"There is no component “{slug}”. Known: {known}.") from None


def _known(slugs: Any) -> str:
    return ", ".join(slugs) or "none yet"


def _lines(plan: Plan, moment: Moment, zone: ZoneInfo) -> list[str]:
    local = plan.at.astimezone(zone)
    return [
        f"SEV-{plan.severity} for {plan.team or 'no team'}, declared {local:%a %d %b %Y %H:%M} {local.tzname()}",
        *filter(None, [moment.note]),
        *(line for row in plan.rows for line in _step(row, zone)),
        *plan.notes,
    ]


def _step(row: Row, zone: ZoneInfo) -> list[str]:
    local = row.due_at.astimezone(zone)
    who = "; ".join(f"{p.user} by {', '.join(p.methods)} ({p.reason})" for p in row.people)
    what = who or ("nobody: on the agenda" if row.is_agenda else "NOBODY (a gap)")
    more = ", ".join(filter(None, [row.rule.words, row.condition]))
    step = f"  {local:%a %d %b %H:%M} {local.tzname()}  {row.offset_words:>12}  {row.role_words}: {what} [{more}]"
    if row.again is None:
        return [step]
    last = row.again.last_at.astimezone(zone)
    return [
        step,
        f"{'':38}again {row.again.words} until answered, {row.again.times_words}, last {last:%a %d %b %H:%M}",
    ]
