"""What an API caller may do: signed in, and with a key whose scopes cover the method."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """``read`` for safe methods, ``write`` for others. A signed-in browser session has the person's own rights."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if isinstance(request.auth, ApiKey):
            needed = "read" if request.method in SAFE_METHODS else "write"
            return needed in request.auth.scopes or "admin" in request.auth.scopes
        return True
