"""Measures and prints tables. ``make bench`` brings a durable PostgreSQL along; without one SQLite alone is measured.

Absolute figures depend on the machine. Where a comparison says more, both sides are measured in the same run.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import Row, markdown, table

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("pages", "oncall", "browsers", "lateness", "intake")


def main() -> int:
    options = _options()
    started = time.monotonic()
    found: dict[str, list[Row]] = {}
    for name, url in _databases(options.database).items():
        with tempfile.TemporaryDirectory(prefix="allclear-bench-") as folder:
            found[name] = _measure(name, url or f"sqlite:///{folder}/bench.sqlite3", options, Path(folder))
    plain = "\n\n".join(f"{name}\n{table(rows)}" for name, rows in found.items())
    took = f"Measured in {time.monotonic() - started:.0f} s on {os.cpu_count()} processors."
    print(f"\n{markdown(found) if options.markdown else plain}\n\n{took}")
    return 0 if all(found.values()) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this one")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seconds", type=float, default=6.0, help="length of each load, in turns")
    parser.add_argument("--sizes", nargs="+", type=int, default=[100, 10_000, 100_000], help="incidents")
    parser.add_argument("--due", type=int, default=500, help="pages due in the same second")
    parser.add_argument("--markdown", action="store_true", help="print one Markdown table instead")
    return parser.parse_args()


def _databases(only: str | None) -> dict[str, str]:
    """Return the address of each database to measure; an empty one stands for a new SQLite file."""
    databases = {"SQLite": ""}
    url = os.environ.get("DATABASE_URL", "")
    if url.startswith("postgres"):
        databases["PostgreSQL"] = url
    if only is None:
        return databases
    chosen = {name: url for name, url in databases.items() if name.lower() == only}
    return chosen or sys.exit("DATABASE_URL names no PostgreSQL: use `make bench`.")


def _measure(name: str, url: str, options: argparse.Namespace, folder: Path) -> list[Row]:
    """Run the parts for one database in a process of its own, since settings are read once."""
    print(f"Measuring on {name}…", flush=True)
    report = folder / "report.json"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "LOG_LEVEL": "ERROR",
        "SECRET_KEY": secrets.token_hex(32),
    }
    arguments = [str(report), "--seconds", str(options.seconds), "--due", str(options.due)]
    arguments += ["--only", *options.only, "--sizes", *map(str, options.sizes)]
    command = [sys.executable, "-m", "benchmarks.one", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=False)
    return [Row(**row) for row in json.loads(report.read_text())] if report.exists() else []


if __name__ == "__main__":
    sys.exit(main())
