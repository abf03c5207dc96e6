"""manage.py import_oncall: carry over schedules from another system."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actor import Actor
from accounts.models import Team
from common.errors import DomainError
from oncall.imports.applying import Options, Report, carry_over
from oncall.imports.files import READERS, read
from oncall.imports.plan import ImportProblem, Plan


class Command(BaseCommand):
    """Reads saved answers of another system's API. Without ``--apply`` it only says what it would do."""

    help = "Carry over people, schedules, layers, overrides and policies from another on-call system."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="system", required=True, choices=sorted(READERS))
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="an answer, saved as JSON")
        parser.add_argument("--apply", action="store_true", help="do it; without this nothing is saved")
        parser.add_argument("--create-users", action="store_true", help="make people who are not here yet")
        parser.add_argument("--leave-gaps", action="store_true", help="let nobody stand for who is not here")
        parser.add_argument(
            "--team", default="", metavar="SLUG", help="the team that new schedules belong to"
        )
        parser.add_argument(
            "--policy",
            default="",
            metavar="ID",
            help="the policy whose steps fill the on-call role of --team",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was, or would be, done and what could not be. Exit status 1: nothing was saved."""
        try:
            plan = read(options["system"], options["files"])
            chosen = Options(options["create_users"], options["leave_gaps"], *_target(options))
            report = carry_over(
                by=Actor.machine("Import", via="command"), plan=plan, options=chosen, apply=options["apply"]
            )
        except ImportProblem as error:
            raise CommandError(f"{error} Nothing was saved.") from error
        except DomainError as error:
            hint = "Add them, or run with --create-users or --leave-gaps. Nothing was saved."
            raise CommandError(f"{error.sentence}. {hint}") from error
        self._print(plan, report, applied=options["apply"])

    def _print(self, plan: Plan, report: Report, *, applied: bool) -> None:
        self.stdout.write(f"{'Done' if applied else 'Would be done'}:")
        widths = [max((len(line[n]) for line in report.lines), default=0) for n in (0, 2)]
        for kind, name, outcome in report.lines:
            self.stdout.write(f"  {kind:<{widths[0]}}  {outcome:<{widths[1]}}  {name}")
        if not report.lines:
            self.stdout.write("  nothing")
        if report.missing:
            self.stdout.write("\nNobody here, so their turns have nobody:")
            self.stdout.writelines(f"  {name}\n" for name in report.missing)
        if plan.problems:
            self.stdout.write("\nNot carried over, or not quite:")
            self.stdout.writelines(f"  {problem.what}: {problem.why}\n" for problem in plan.problems)
        if not applied:
            self.stdout.write("\nNothing was saved. Run it again with --apply.")


def _target(options: dict[str, Any]) -> tuple[Team | None, str]:
    """Return the team and the policy that were asked for. Raises ``ImportProblem`` for a team that is not there."""
    if options["policy"] and not options["team"]:
        raise ImportProblem("--policy needs --team: it says whose on-call role the steps fill.")
    if not options["team"]:
        return None, ""
    team = Team.objects.filter(slug=options["team"]).first()
    if team is None:
        raise ImportProblem(f"There is no team {options['team'][:50]}.")
    return team, options["policy"]
