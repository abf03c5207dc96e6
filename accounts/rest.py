"""How the API calls actions: who is asking, and the Idempotency-Key header as the action's key."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actor import Actor
from accounts.models import User


def person(request: Request) -> User:
    """Return the signed-in person; the permission classes have made sure there is one."""
    if not isinstance(request.user, User):
        raise TypeError("this endpoint needs a permission class that asks for a person")
    return request.user


def actor_of(request: Request) -> Actor:
    """Return the ``by=`` of an action called over the API, by key or by session."""
    return Actor.of(person(request), via="api")


def run(action: Callable[..., Any], request: Request, **arguments: Any) -> Any:
    """Call an action for the request's person and return its result; the same ``Idempotency-Key`` does it once."""
    return action(
        by=actor_of(request), idempotency_key=request.headers.get("Idempotency-Key", ""), **arguments
    )


class ActionView(APIView):
    """A POST that validates its body with ``serializer_class`` and carries out one action.

    Subclasses say which in ``perform``; ``response_serializer_class`` shapes what it returned.
    """

    serializer_class: Any
    response_serializer_class: Any = None
    response_status: int = 200

    def post(self, request: Request, **kwargs: Any) -> Response:
        self.admit(request, **kwargs)
        context = {"request": request, "view": self}
        # A view that lists too may read with another serializer than it writes with.
        chosen = getattr(self, "get_serializer_class", lambda: self.serializer_class)()
        serializer = chosen(data=request.data, context=context)
        serializer.is_valid(raise_exception=True)
        result = self.perform(request, serializer.validated_data, **kwargs)
        shape = self.response_serializer_class
        if shape is None or result is None:
            return Response(status=204)
        return Response(shape(result, context=context).data, status=self.response_status)

    def admit(self, request: Request, **kwargs: Any) -> None:
        """Refuse who may not do this at all, before telling what is wrong with the body."""

    def perform(self, request: Request, data: dict[str, Any], **kwargs: Any) -> Any:
        """Carry out the action and return what the answer shows."""
        raise NotImplementedError
