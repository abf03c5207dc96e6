"""The pages that move an incident along its lifecycle; each works alone, without JavaScript, from a link."""

from django.http import HttpRequest, HttpResponse

from accounts.actor import Actor
from common.errors import Invalid, NotFound
from incidents import actions, queries, state
from incidents.forms import (
    ComponentsForm,
    ConfirmForm,
    DetailsForm,
    MergeForm,
    NoteForm,
    ReasonForm,
    SeverityForm,
    StatusForm,
)
from incidents.models import Incident, Status
from incidents.views.base import Ask, actor, asked, form_page, known, sent, viewer, went_through

WORKING = (Status.INVESTIGATING, Status.MITIGATING, Status.MONITORING)


@form_page
def status(request: HttpRequest, reference: str, to: str) -> HttpResponse:
    """Move between investigating, mitigating and monitoring."""
    if to not in WORKING:
        raise NotFound("There is no such status.")
    incident, target = known(request, reference), Status(to)
    form = StatusForm(sent(request), incident=incident, to=to)
    ask = Ask(f"{incident.reference}: {target.label}?", f"Move to {target.label}", f"Now {to}.")
    return asked(
        request, incident, form, ask,
        lambda by: actions.change_status(
            by=by, incident=incident, to=to, note=form.cleaned_data["note"],
            rollback_plan=form.cleaned_data.get("rollback_plan", ""),
            expected_version=form.expected_version, idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def resolve(request: HttpRequest, reference: str) -> HttpResponse:
    """Resolve, or say what is missing, with links to where it is mended."""
    incident = known(request, reference)
    form = NoteForm(sent(request), incident=incident)
    missing = state.blockers(incident, Status.RESOLVED, by=actor(request))
    ask = Ask(
        f"Resolve {incident.reference}?", "Resolve", "Resolved.",
        context={"missing": missing}, only_in=state.SOURCES[Status.RESOLVED],
        lead="The clocks stop and nobody else is paged. It can be reopened.",
    )  # fmt: skip
    return asked(
        request, incident, form, ask,
        lambda by: actions.resolve(
            by=by, incident=incident, note=form.cleaned_data["note"], expected_version=form.expected_version,
            idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a resolved incident up again."""
    incident = known(request, reference)
    form = ReasonForm(
        sent(request), incident=incident, label="What came back?", missing="Say what came back."
    )
    ask = Ask(
        f"Reopen {incident.reference}?",
        "Reopen",
        "Reopened.",
        "The on-call engineer is paged again, at once.",
        only_in=(Status.RESOLVED,),
    )
    return asked(
        request, incident, form, ask,
        lambda by: actions.reopen(
            by=by, incident=incident, reason=form.cleaned_data["reason"], expected_version=form.expected_version,
            idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def close(request: HttpRequest, reference: str) -> HttpResponse:
    """End the paperwork."""
    incident = known(request, reference)
    form = ConfirmForm(sent(request), incident=incident)
    missing = state.blockers(incident, Status.CLOSED, by=actor(request))
    ask = Ask(
        f"Close {incident.reference}?", "Close", "Closed.", "The timeline is frozen but for corrections.",
        context={"missing": missing}, only_in=state.SOURCES[Status.CLOSED],
    )  # fmt: skip
    return asked(
        request, incident, form, ask,
        lambda by: actions.close(
            by=by, incident=incident, expected_version=form.expected_version, idempotency_key=form.key
        ),
    )  # fmt: skip


@form_page
def cancel(request: HttpRequest, reference: str) -> HttpResponse:
    """Call it off; in triage this dismisses a report."""
    incident = known(request, reference)
    form = ReasonForm(
        sent(request), incident=incident, label="Why is this not an incident?",
        missing="Say why this is not an incident.",
    )  # fmt: skip
    word = "Dismiss" if incident.status == Status.REPORTED else "Cancel"
    ask = Ask(
        f"{word} {incident.reference}?", f"{word} it", "Called off.",
        "It counts as a false alarm. Whoever was paged hears that it is over.", danger=True,
        only_in=state.SOURCES[Status.CANCELLED],
    )  # fmt: skip
    return asked(
        request, incident, form, ask,
        lambda by: actions.cancel(
            by=by, incident=incident, reason=form.cleaned_data["reason"], expected_version=form.expected_version,
            idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def merge(request: HttpRequest, reference: str) -> HttpResponse:
    """End this incident as part of another one."""
    incident = known(request, reference)
    form = MergeForm(sent(request), incident=incident, initial={"into": request.GET.get("into", "")[:20]})
    ask = Ask(
        f"Merge {incident.reference} into another?", "Merge", "",
        "Its alerts and people move over; it stays readable.", danger=True,
        context={"targets": _targets(request, incident)},
    )  # fmt: skip
    targets: list[Incident] = []

    def run(by: Actor) -> None:
        targets.append(_target(request, form))
        actions.merge(
            by=by, incident=incident, into=targets[0], reason=form.cleaned_data["reason"],
            expected_version=form.expected_version, idempotency_key=form.key,
        )  # fmt: skip

    response = asked(request, incident, form, ask, run)
    if response.status_code != 302:
        return response
    return went_through(request, targets[0], f"{incident.reference} is now part of this incident.")


def _target(request: HttpRequest, form: MergeForm) -> Incident:
    try:
        return known(request, form.cleaned_data["into"].strip())
    except NotFound as error:
        raise Invalid(error.sentence, field="into") from error


def _targets(request: HttpRequest, incident: Incident) -> list[Incident]:
    visible = Incident.objects.visible_to(viewer(request)).active().filter(is_drill=incident.is_drill)
    return list(visible.exclude(pk=incident.pk).order_by("severity", "-number")[:20])


@form_page
def severity(request: HttpRequest, reference: str) -> HttpResponse:
    """Raise or lower the severity."""
    incident = known(request, reference)
    form = SeverityForm(sent(request), incident=incident, initial={"severity": incident.severity})
    ask = Ask(
        f"How bad is {incident.reference} now?", "Change the severity", "Severity changed.",
        "Raising it pages everybody newly due; who has acknowledged stays so. Lowering it pages nobody.",
        template="incidents/severity.html", context={"definitions": queries.severities()},
    )  # fmt: skip
    return asked(
        request, incident, form, ask,
        lambda by: actions.change_severity(
            by=by, incident=incident, severity=form.cleaned_data["severity"], reason=form.cleaned_data["reason"],
            expected_version=form.expected_version, idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def details(request: HttpRequest, reference: str) -> HttpResponse:
    """Edit what the incident says about itself; only what was changed is written."""
    incident = known(request, reference)
    form = DetailsForm(sent(request), incident=incident)
    ask = Ask(f"Details of {incident.reference}", "Save", "Saved.", back="#details")
    return asked(
        request, incident, form, ask,
        lambda by: actions.change_details(
            by=by, incident=incident, **form.changes(), expected_version=form.expected_version,
            idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def components(request: HttpRequest, reference: str) -> HttpResponse:
    """Say what is affected."""
    incident = known(request, reference)
    initial = {"components": [component.pk for component in incident.components.all()]}
    form = ComponentsForm(sent(request), incident=incident, initial=initial)
    ask = Ask(
        f"What does {incident.reference} affect?", "Save", "Saved.", back="#details",
        template="incidents/components.html",
    )  # fmt: skip
    return asked(
        request, incident, form, ask,
        lambda by: actions.change_components(
            by=by, incident=incident, components=list(form.cleaned_data["components"]),
            expected_version=form.expected_version, idempotency_key=form.key,
        ),
    )  # fmt: skip
