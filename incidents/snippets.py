"""Commands of a checklist with their variables filled in (R22, R56). Allclear shows them and never runs one."""

import re
from typing import Any

from incidents.models import Component, Incident

_VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,40})\s*\}\}")


def variables_of(components: list[Component]) -> dict[str, Any]:
    """Return the values for snippets: of two components that both have one, the first counts."""
    values: dict[str, Any] = {}
    for component in components:
        for name, value in {**component.variables, "component": component.slug}.items():
            values.setdefault(name, value)
    return values


def fill(text: str, incident: Incident, variables: dict[str, Any]) -> str:
    """Return ``text`` with ``{{name}}`` replaced; a name without a value stays, so that nobody runs half a command."""
    values = {**variables, "incident": incident.reference}
    return _VARIABLE.sub(lambda match: str(values.get(match[1], match[0])), text)
