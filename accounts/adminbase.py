"""What every settings page of the admin does: it writes to the audit log who changed what (security.md, "Audit")."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet, URLField
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse

from accounts import audit
from accounts.actor import Actor
from accounts.models import User

if TYPE_CHECKING:
    DjangoModelAdmin = admin.ModelAdmin[Any]
else:
    DjangoModelAdmin = admin.ModelAdmin

_SECRET = ("password", "secret", "token", "digest")
_LONGEST = 300


def actor_of(request: HttpRequest) -> Actor:
    """Return who uses the admin; its log-in page has made sure that there is somebody."""
    if not isinstance(request.user, User):
        raise TypeError("the admin needs a signed-in person")
    return Actor.of(request.user)


class ModelAdmin(DjangoModelAdmin):
    """Django's, but an address without a scheme is taken for https, and rows that cannot be are refused, not a 500."""

    formfield_overrides = {URLField: {"assume_scheme": "https"}}

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *where: Any
    ) -> HttpResponse | None:
        """Run an action on the chosen rows; where a row's key is none, say so and leave the list as it is."""
        if all(self._is_key(value) for value in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            return super().response_action(request, queryset, *where)
        self.message_user(request, "These rows do not exist. Choose rows of the list.", messages.WARNING)
        return None

    def _is_key(self, value: str) -> bool:
        try:
            self.opts.pk.run_validators(self.opts.pk.to_python(value))
        except ValidationError:
            return False
        return bool(value)


class AuditedModelAdmin(ModelAdmin):
    """Writes an audit entry for each addition, change and deletion; secrets are named but not shown."""

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        request._audit_values = differences(form)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def log_addition(self, request: HttpRequest, object: Model, message: Any) -> Any:  # noqa: A002
        self._audit(request, "added", object, message)
        return super().log_addition(request, object, message)

    def log_change(self, request: HttpRequest, object: Model, message: Any) -> Any:  # noqa: A002
        self._audit(request, "changed", object, message)
        return super().log_change(request, object, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Model]) -> Any:
        for obj in queryset:
            self._audit(request, "deleted", obj, [])
        return super().log_deletions(request, queryset)

    def _audit(self, request: HttpRequest, verb: str, obj: Model, message: Any) -> None:
        values = getattr(request, "_audit_values", {})
        related = [part for part in message if isinstance(part, dict) and _is_related(part)]
        audit.record(
            by=actor_of(request),
            action=f"{self.opts.model_name}.{verb}",
            about=obj,
            data={"pk": str(obj.pk), "fields": values, "related": related},
        )


class ReadOnlyModelAdmin(ModelAdmin):
    """Shows rows that only actions write: incidents, events, pages, deliveries."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def differences(form: "ModelForm[Any]") -> dict[str, list[str]]:
    """Return ``{field: [before, after]}`` for what the form changes; a secret's values are left out."""
    return {
        name: [] if any(word in name for word in _SECRET) else [_text(form, name), _after(form, name)]
        for name in form.changed_data
        if name in form.cleaned_data
    }


def _text(form: "ModelForm[Any]", name: str) -> str:
    return _words(form.get_initial_for_field(form.fields[name], name))


def _after(form: "ModelForm[Any]", name: str) -> str:
    return _words(form.cleaned_data[name])


def _words(value: Any) -> str:
    if isinstance(value, (list, tuple, set, QuerySet)):
        return ", ".join(str(item) for item in value)[:_LONGEST]
    return "" if value is None else str(value)[:_LONGEST]


def _is_related(part: dict[str, Any]) -> bool:
    """Whether a part of Django's change message is about a row edited inline."""
    return any("name" in detail for detail in part.values() if isinstance(detail, dict))
