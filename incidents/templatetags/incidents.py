"""Filters of the incident pages' templates."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from common import markdown as renderer
from incidents.actions.timeline import CORRECTABLE
from incidents.describe import headline as describe
from incidents.models import Event, EventKind, Hypothesis, Incident, PhaseStep
from incidents.snippets import fill

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Return Markdown that a person typed as clean HTML."""
    return renderer.render(text)


@register.filter
def heading(event: Event) -> str:
    """Return the line at an entry's head, to follow the actor's name."""
    if event.kind == EventKind.DECISION:
        return "Decision"
    if event.kind == EventKind.HYPOTHESIS:
        return "Hypothesis, discarded" if is_discarded(event) else "Hypothesis"
    return describe(event)


@register.filter
def is_discarded(event: Event) -> bool:
    """Return whether the entry is a theory that was discarded (R29): it stays, struck through."""
    hypothesis = getattr(event, "hypothesis", None)
    return hypothesis is not None and hypothesis.state == Hypothesis.State.DISCARDED


@register.filter
def is_correctable(event: Event) -> bool:
    """Return whether people wrote the entry."""
    return event.kind in CORRECTABLE


@register.filter
def latest_text(event: Event) -> str:
    """Return what the entry says after its corrections."""
    corrections = getattr(event, "corrected_by", [])
    return str(corrections[-1].text if corrections else event.text)


@register.filter
def is_late(event: Event) -> bool:
    """Return whether it was written down more than two minutes after it happened."""
    return (event.recorded_at - event.at).total_seconds() > 120


@register.simple_tag
def command(step: PhaseStep, incident: Incident, variables: dict[str, Any]) -> str:
    """Return a step's command with its variables filled in."""
    return fill(step.command, incident, variables)
