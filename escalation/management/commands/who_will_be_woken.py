"""``manage.py who_will_be_woken``: the list that the Declare page shows, for a terminal."""

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from common import clock, instants
from escalation.preview import Row, who_will_be_woken
from incidents.actions.declaring import team_for
from incidents.models import Component, Severity


class Command(BaseCommand):
    help = "Say who would be paged for an incident, when, by which rule and how; nobody is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--severity", type=int, required=True, choices=Severity.values, help="1 is the worst"
        )
        parser.add_argument(
            "--component", action="append", default=[], help="its short name; may be repeated"
        )
        parser.add_argument("--at", help="an instant such as 2026-03-28T03:00 (UTC unless it says otherwise)")

    def handle(self, *args: Any, **options: Any) -> None:
        at = _instant(options["at"])
        team = team_for([_component(slug) for slug in options["component"]])
        self.stdout.write(
            f"SEV-{options['severity']} for {team or 'no team'}, declared {at:%a %d %b %Y %H:%M} UTC"
        )
        plan = who_will_be_woken(options["severity"], team, at)
        for row in plan.rows:
            self.stdout.write(_line(row))
        if plan.verdict:
            # CommandError ends with status 1, so that cron and scripts notice.
            raise CommandError(plan.verdict)


def _instant(given: str | None) -> datetime:
    if not given:
        return clock.now()
    try:
        instant = parse_datetime(given)
    except ValueError:
        instant = None
    if instant is None:
        raise CommandError(f"“{given}” is not an instant. Write it like 2026-03-28T03:00.")
    return instant if timezone.is_aware(instant) else timezone.make_aware(instant)


def _component(slug: str) -> Component:
    try:
        return Component.objects.select_related("team").get(slug=slug)
    except Component.DoesNotExist:
        known = (
            ", ".join(Component.objects.filter(is_active=True).values_list("slug", flat=True)) or "none yet"
        )
        raise CommandError(f"There is no component “{slug}”. Known: {known}.") from None


def _line(row: Row) -> str:
    offset = f"+{instants.duration(row.offset)}" if row.offset else "at once"
    who = "; ".join(f"{p.user} by {', '.join(p.methods)} ({p.reason})" for p in row.people)
    what = who or ("nobody: on the agenda" if row.is_agenda else "NOBODY (a gap)")
    more = ", ".join(filter(None, [row.rule.words, row.condition]))
    return f"  {row.due_at:%a %d %b %H:%M}Z  {offset:>12}  {row.role_words}: {what} [{more}]"
