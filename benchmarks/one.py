"""Measures one database; started by ``benchmarks.__main__`` with the settings in the environment."""

import argparse
import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import django

from benchmarks.table import Row


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("report", type=Path)
    parser.add_argument("--only", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--sizes", nargs="+", type=int, required=True)
    parser.add_argument("--due", type=int, required=True)
    options = parser.parse_args()
    django.setup()
    _prepare()
    rows: list[Row] = []
    failed = False
    for name, part in _parts(options).items():
        if name not in options.only:
            continue
        print(f"  {name}", flush=True)
        try:
            rows += part()
        except Exception:  # noqa: BLE001 - one part that fails must not cost the others' figures
            failed = True
            traceback.print_exc()
            rows.append(Row(name, "failed"))
    options.report.write_text(json.dumps([asdict(row) for row in rows]))
    return int(failed)


def _parts(options: argparse.Namespace) -> dict[str, Callable[[], list[Row]]]:
    # Late: these import models. The pages come first: they have to know how many incidents there are. The others run
    # beside as many as the largest size, and the intake last, because it leaves pages that are due.
    from benchmarks import browsers, intake, lateness, oncall, pages

    return {
        "pages": lambda: pages.measure(options.sizes),
        "oncall": oncall.measure,
        "browsers": browsers.measure,
        "lateness": lambda: lateness.measure(options.due),
        "intake": lambda: intake.measure(options.seconds),
    }


def _prepare() -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from config import defaults
    from config.demo import people

    call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)
    defaults.load()
    people.create(timezone.now())


if __name__ == "__main__":
    sys.exit(main())
