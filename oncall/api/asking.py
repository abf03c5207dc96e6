"""Asking, answering, taking, shadowing and confirming over the API: the twins of the browser's pages (R52)."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import ActionView, actor_of, person, run
from common import clock
from common.errors import NotFound
from oncall import actions, asking
from oncall.access import known_hand_over, known_request, known_schedule
from oncall.api import askshapes, shapes
from oncall.models import CoverRequest, Shadow, ShiftChange

Data = dict[str, Any]


def _answer(action: Callable[..., Any], request: Request, pk: int, **arguments: Any) -> Any:
    """Carry out an action on a request for cover; the same ``Idempotency-Key`` does it once."""
    key = request.headers.get("Idempotency-Key", "")
    return action(by=actor_of(request), idempotency_key=key, request=known_request(pk), **arguments)


class CoverRequests(ActionView):
    """GET: the requests that I asked or may answer, with ``?all=1`` everybody's; POST asks."""

    serializer_class = askshapes.AskInput
    response_serializer_class = askshapes.CoverShape
    response_status = 201

    @extend_schema(responses=askshapes.CoverShape(many=True))
    def get(self, request: Request) -> Response:
        if request.query_params.get("all") == "1":
            rows = CoverRequest.objects.select_related("schedule", "asked_by", "asked_of", "answered_by")
        else:
            rows = asking.open_requests(person(request))
        found = rows.prefetch_related("refusals__user").order_by("-pk")[:100]
        return Response(askshapes.CoverShape(found, many=True).data)

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(actions.ask_for_cover, request, **data)


class CoverRequestDetail(APIView):
    """One request, with the difference that a yes of mine (else of who was asked) makes."""

    @extend_schema(responses=askshapes.CoverDetailShape)
    def get(self, request: Request, pk: int) -> Response:
        found, user = known_request(pk), person(request)
        taker = user if asking.may_answer(user, found) else found.asked_of
        context: Data = {}
        if taker is not None and found.state == CoverRequest.State.ASKED and found.lapses_at > clock.now():
            context = {
                "changes": asking.changes(found, taker),
                "warnings": asking.warnings(found, taker),
            }
        return Response(askshapes.CoverDetailShape(found, context=context).data)


class AcceptCover(ActionView):
    """Say yes: the rota is changed. The first yes counts."""

    serializer_class = askshapes.NoInput
    response_serializer_class = askshapes.CoverShape

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return _answer(actions.accept_cover, request, kwargs["pk"])


class DeclineCover(ActionView):
    """Say no, with a reason if you like."""

    serializer_class = askshapes.CoverAnswerInput
    response_serializer_class = askshapes.CoverShape

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return _answer(actions.decline_cover, request, kwargs["pk"], **data)


class WithdrawCover(ActionView):
    """Take a request of yours back."""

    serializer_class = askshapes.NoInput
    response_serializer_class = askshapes.CoverShape

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return _answer(actions.withdraw_cover, request, kwargs["pk"])


class TakePager(ActionView):
    """Take the pager of a schedule now; the answer is the override that says so."""

    serializer_class = askshapes.TakeInput
    response_serializer_class = shapes.OverrideShape
    response_status = 201

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(actions.take_pager, request, schedule=known_schedule(kwargs["slug"]), **data)


class Shadows(ActionView):
    """Who shadows a schedule, now and to come; POST adds somebody (default: you)."""

    serializer_class = askshapes.ShadowInput
    response_serializer_class = askshapes.ShadowShape
    response_status = 201

    @extend_schema(responses=askshapes.ShadowShape(many=True))
    def get(self, request: Request, slug: str) -> Response:
        rows = known_schedule(slug).shadows.filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()))
        return Response(askshapes.ShadowShape(rows.select_related("user"), many=True).data)

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        data = data | {"user": data.get("user") or person(request)}
        return run(actions.start_shadow, request, schedule=known_schedule(kwargs["slug"]), **data)


class ShadowDetail(APIView):
    """DELETE ends a shadow; one that has not begun goes."""

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        found = Shadow.objects.select_related("schedule").filter(schedule__slug=slug, pk=pk).first()
        if found is None:
            raise NotFound("There is no such shadow.")
        run(actions.end_shadow, request, shadow=found)
        return Response(status=204)


class HandOvers(ListAPIView[ShiftChange]):
    """Each time the pager changed hands, the latest first."""

    serializer_class = askshapes.HandOverShape

    def get_queryset(self) -> QuerySet[ShiftChange]:
        rows = ShiftChange.objects.select_related("schedule", "incoming").prefetch_related("outgoing")
        return rows.order_by("-at", "pk")


class HandOverDetail(RetrieveAPIView[ShiftChange]):
    """One hand-over with its brief."""

    serializer_class = askshapes.HandOverShape
    queryset = ShiftChange.objects.select_related("schedule", "incoming").prefetch_related("outgoing")


class ConfirmHandOver(ActionView):
    """Say "I have the pager"."""

    serializer_class = askshapes.NoInput
    response_serializer_class = askshapes.HandOverShape

    def perform(self, request: Request, data: Data, **kwargs: Any) -> Any:
        return run(actions.confirm_hand_over, request, change=known_hand_over(kwargs["pk"]))
