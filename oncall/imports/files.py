"""Reads the files of an import. A file that is no saved answer is refused with its name and a sentence."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from oncall.imports import goalert, grafana, opsgenie, pagerduty
from oncall.imports.plan import ImportProblem, Plan, Source

LARGEST = 20 * 1024 * 1024
READERS: dict[str, Callable[[list[Source]], Plan]] = {
    "goalert": goalert.read,
    "grafana-oncall": grafana.read,
    "opsgenie": opsgenie.read,
    "pagerduty": pagerduty.read,
}


def read(system: str, paths: Iterable[Path]) -> Plan:
    """Return the plan of all files together, since they name each other's objects. Raises ``ImportProblem``."""
    try:
        return READERS[system]([_source(path) for path in paths])
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError) as error:
        # The shapes that matter are checked with sentences; this is for the strange rest of what JSON can hold.
        raise ImportProblem(f"The files do not have the shape of an answer: {error}") from error


def _source(path: Path) -> Source:
    try:
        if path.stat().st_size > LARGEST:
            raise ImportProblem(f"{path.name} is larger than 20 MB.")
        data = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise ImportProblem(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ImportProblem(f"{path.name} is not JSON: {str(error)[:100]}") from error
    if not isinstance(data, dict):
        raise ImportProblem(f"{path.name} holds no object: save the whole answer of the API.")
    return Source(path.name, path.name.partition(".")[0], data)
