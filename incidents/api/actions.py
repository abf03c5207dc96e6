"""Every action on an incident as a POST: the twins of the browser's forms (R01)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import ActionView, person, run
from common.errors import NotFound
from incidents import actions
from incidents.access import incident_for
from incidents.api import inputs, shapes
from incidents.api.base import IncidentAction, IncidentCollection, listed, shown, the_incident
from incidents.models import Checkpoint, Event, Hypothesis, Incident, PhaseStep, RoleOffer, Task

Data = dict[str, Any]


class Report(ActionView):
    """Report a problem into triage; nobody is paged until somebody declares it (R18)."""

    serializer_class = inputs.ReportInput
    response_serializer_class = shapes.IncidentShape
    response_status = 201

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return shown(run(actions.report, request, **data))


class Declare(IncidentAction):
    """Turn a report into an incident (R19)."""

    serializer_class = inputs.ConvertInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.declare_report, request, incident=incident, **data)


class Status(IncidentAction):
    """Move between investigating, mitigating and monitoring."""

    serializer_class = inputs.StatusInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.change_status, request, incident=incident, **data)


class Resolve(IncidentAction):
    """Declare the incident over. Refused with ``blockers`` while recovery checks are missing (R36)."""

    serializer_class = inputs.NoteInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.resolve, request, incident=incident, **data)


class Reopen(IncidentAction):
    """Take a resolved incident up again; the on-call engineer is paged."""

    serializer_class = inputs.ReasonInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.reopen, request, incident=incident, **data)


class Close(IncidentAction):
    """End the paperwork. Refused with ``blockers`` while something is missing (R60)."""

    serializer_class = inputs.CloseInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.close, request, incident=incident, **data)


class Cancel(IncidentAction):
    """Call it off: it was no incident."""

    serializer_class = inputs.ReasonInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.cancel, request, incident=incident, **data)


class Merge(IncidentAction):
    """End this incident as part of another; the answer is the one that goes on."""

    serializer_class = inputs.MergeInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        into = incident_for(person(request), data.pop("into"))
        return run(actions.merge, request, incident=incident, into=into, **data)


class Severity(IncidentAction):
    """Raise the severity (everyone newly due is paged) or lower it (nobody is)."""

    serializer_class = inputs.SeverityInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.change_severity, request, incident=incident, **data)


class Details(IncidentAction):
    """Change title, texts, bridge and flags; what is left out stays as it is."""

    serializer_class = inputs.DetailsInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.change_details, request, incident=incident, **data)


class Components(IncidentAction):
    """Say which components are affected."""

    serializer_class = inputs.ComponentsInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.change_components, request, incident=incident, **{"components": [], **data})


@listed
class Roles(IncidentCollection):
    """Who holds and held which role. POST takes one, or gives it to ``user``."""

    serializer_class = inputs.RoleInput
    response_serializer_class = shapes.RoleShape
    related, joined = "role_assignments", ("user",)

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.take_role, request, incident=incident, **data)


class ReleaseRole(IncidentAction):
    """Give up a role."""

    serializer_class = inputs.ReleaseInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.release_role, request, incident=incident, role=kwargs["role"], **data)


@listed
class RoleOffers(IncidentCollection):
    """Hand-overs. POST offers a role with a briefing; the holder keeps it until it is accepted."""

    serializer_class = inputs.OfferInput
    response_serializer_class = shapes.RoleOfferShape
    related, joined = "role_offers", ("from_user", "to_user")

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.offer_role, request, incident=incident, **data)


def _offer(incident: Incident, pk: int) -> RoleOffer:
    offer = incident.role_offers.filter(pk=pk).select_related("from_user", "to_user", "incident").first()
    if offer is None:
        raise NotFound("There is no such offer.")
    return offer


class AcceptOffer(IncidentAction):
    """Accept a hand-over that was offered to you."""

    responders_only = False  # observers are offered roles too
    serializer_class = inputs.Nothing
    response_serializer_class = shapes.RoleOfferShape

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.accept_offer, request, offer=_offer(incident, kwargs["pk"]))


class DeclineOffer(IncidentAction):
    """Decline a hand-over that was offered to you."""

    responders_only = False  # observers are offered roles too
    serializer_class = inputs.WhyInput
    response_serializer_class = shapes.RoleOfferShape

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.decline_offer, request, offer=_offer(incident, kwargs["pk"]), **data)


class Responders(IncidentAction):
    """Who is on the incident. POST joins, DELETE leaves."""

    serializer_class = inputs.Nothing

    @extend_schema(responses=shapes.ResponderShape(many=True))
    def get(self, request: Request, reference: str) -> Response:
        rows = the_incident(request, reference).responders.select_related("user")
        return Response(shapes.ResponderShape(rows, many=True).data)

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.join, request, incident=incident)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, reference: str) -> Response:
        run(actions.leave, request, incident=the_incident(request, reference))
        return Response(status=204)


class Notes(IncidentAction):
    """Write a note, an action taken or a piece of evidence to the timeline."""

    serializer_class = inputs.WriteInput
    response_serializer_class = shapes.EventShape
    response_status = 201

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.add_note, request, incident=incident, **data)


class Corrections(IncidentAction):
    """Correct what an entry says; the old text stays."""

    serializer_class = inputs.CorrectionInput
    response_serializer_class = shapes.EventShape
    response_status = 201

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        event = Event.objects.filter(incident=incident, sequence=data["entry"]).first()
        if event is None:
            raise NotFound(f"{incident.reference} has no entry {data['entry']}.")
        event.incident = incident
        return run(actions.correct, request, event=event, text=data["text"])


@listed
class Decisions(IncidentCollection):
    """What was decided and why (R30)."""

    serializer_class = inputs.DecisionInput
    response_serializer_class = shapes.DecisionShape
    related, joined = "decisions", ("event", "decided_by")

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.decide, request, incident=incident, **data)


@listed
class Hypotheses(IncidentCollection):
    """Theories of what is wrong (R29)."""

    serializer_class = inputs.HypothesisInput
    response_serializer_class = shapes.HypothesisShape
    related, joined = "hypotheses", ("event",)

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.hypothesise, request, incident=incident, **data)


class JudgeHypothesis(IncidentAction):
    """Support, discard or open a theory again."""

    serializer_class = inputs.JudgeInput
    response_serializer_class = shapes.HypothesisShape

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        theory = Hypothesis.objects.filter(incident=incident, pk=kwargs["pk"]).select_related("event").first()
        if theory is None:
            raise NotFound("There is no such hypothesis.")
        theory.incident = incident
        return run(actions.change_hypothesis, request, hypothesis=theory, **data)


class Ticks(APIView):
    """The steps that are ticked."""

    @extend_schema(responses=shapes.TickShape(many=True))
    def get(self, request: Request, reference: str) -> Response:
        rows = the_incident(request, reference).ticks.order_by("ticked_at", "pk")
        return Response(shapes.TickShape(rows, many=True).data)


class Step(IncidentAction):
    """Tick a step of the checklist (POST), or take the tick back (DELETE)."""

    serializer_class = inputs.TickInput
    response_serializer_class = shapes.TickShape

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.tick_step, request, incident=incident, step=_step(kwargs["pk"]), **data)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, reference: str, pk: int) -> Response:
        run(actions.clear_step, request, incident=the_incident(request, reference), step=_step(pk))
        return Response(status=204)


def _step(pk: int) -> PhaseStep:
    step = PhaseStep.objects.filter(pk=pk).first()
    if step is None:
        raise NotFound("There is no such step.")
    return step


@listed
class Checkpoints(IncidentCollection):
    """Times at which a question is answered (R25)."""

    serializer_class = inputs.CheckpointInput
    response_serializer_class = shapes.CheckpointShape
    related, joined = "checkpoints", ("owner",)

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.set_checkpoint, request, incident=incident, **data)


class FinishCheckpoint(IncidentAction):
    """Answer a checkpoint."""

    serializer_class = inputs.AnswerInput
    response_serializer_class = shapes.CheckpointShape

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        checkpoint = Checkpoint.objects.filter(incident=incident, pk=kwargs["pk"]).first()
        if checkpoint is None:
            raise NotFound("There is no such checkpoint.")
        checkpoint.incident = incident
        return run(actions.finish_checkpoint, request, checkpoint=checkpoint, **data)


@listed
class Tasks(IncidentCollection):
    """Time-boxed work that the Technical Lead hands out (R09)."""

    serializer_class = inputs.TaskInput
    response_serializer_class = shapes.TaskShape
    related, joined = "tasks", ("assignee",)

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.assign_task, request, incident=incident, **data)


class FinishTask(IncidentAction):
    """Report a task as done."""

    serializer_class = inputs.ResultInput
    response_serializer_class = shapes.TaskShape

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        task = Task.objects.filter(incident=incident, pk=kwargs["pk"]).select_related("assignee").first()
        if task is None:
            raise NotFound("There is no such task.")
        task.incident = incident
        return run(actions.finish_task, request, task=task, **data)


@listed
class Gates(IncidentCollection):
    """Recovery checks: evidence, a failure, or a waiver with its reason (R36)."""

    serializer_class = inputs.GateInput
    response_serializer_class = shapes.GateResultShape
    related, joined = "gate_results", ("gate", "recorded_by")

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.record_gate, request, incident=incident, **data)


@listed
class Watch(IncidentCollection):
    """Labels whose alerts page the commander until they expire (R37)."""

    serializer_class = inputs.WatchInput
    response_serializer_class = shapes.WatchRuleShape
    related = "watch_rules"

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.set_watch, request, incident=incident, **data)


class EndObservation(IncidentAction):
    """End the observation of a resolved incident early, with a reason."""

    serializer_class = inputs.WhyInput

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.end_observation, request, incident=incident, **data)


@listed
class Impact(IncidentCollection):
    """Estimates of who is affected; a new one never replaces an old one."""

    serializer_class = inputs.ImpactInput
    response_serializer_class = shapes.ImpactShape
    related, joined = "impact_estimates", ("created_by",)

    def act(self, request: Request, incident: Incident, data: Data, **kwargs: Any) -> Any:
        return run(actions.estimate_impact, request, incident=incident, **data)
