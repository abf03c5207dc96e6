"""What the endpoints of one incident share: the door, the answer, and the version that was seen."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest import ActionView, actor_of, person
from incidents.access import incident_for, require_responder
from incidents.api.shapes import IncidentShape
from incidents.models import Incident


def the_incident(request: Request, reference: str) -> Incident:
    """Return the incident of the URL. Raises ``NotFound`` also for one that this person may not know of."""
    return incident_for(person(request), reference)


def shown(incident: Incident) -> Incident:
    """Return the incident as it is now, with all that its shape shows, in a fixed number of queries."""
    rows = Incident.objects.with_people().select_related(
        "team", "acknowledged_by", "declared_by", "merged_into", "follows"
    )
    return rows.get(pk=incident.pk)


class IncidentAction(ActionView):
    """A POST below one incident. ``act`` gets the incident; by default the answer is the incident afterwards."""

    response_serializer_class: Any = IncidentShape
    responders_only = True

    def admit(self, request: Request, **kwargs: Any) -> None:
        the_incident(request, kwargs["reference"])
        if self.responders_only:
            require_responder(actor_of(request))

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        incident = the_incident(request, kwargs.pop("reference"))
        result = self.act(request, incident, data, **kwargs)
        return shown(result) if self.response_serializer_class is IncidentShape else result

    def act(self, request: Request, incident: Incident, data: dict[str, Any], **kwargs: Any) -> Any:
        raise NotImplementedError


class IncidentCollection(IncidentAction):
    """A POST that adds a row to the incident, and a GET that lists those there are, oldest first."""

    response_status = 201
    related: str
    joined: tuple[str, ...] = ()

    def get(self, request: Request, reference: str) -> Response:
        incident = the_incident(request, reference)
        rows = getattr(incident, self.related).select_related(*self.joined)
        return Response(self.response_serializer_class(rows, many=True).data)


def listed(view: type[IncidentCollection]) -> type[IncidentCollection]:
    """Describe the GET of a collection in the schema: a list of its shape, not paginated."""
    shape = view.response_serializer_class
    return extend_schema(methods=["GET"], responses=shape(many=True))(view)
