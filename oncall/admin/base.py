"""What the pages of rotas share: they write through actions, and say at once what the rota means now."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.adminbase import AuditedModelAdmin
from common.errors import DomainError, Invalid
from oncall.models import Schedule
from oncall.notes import notes

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
else:
    TabularInline = admin.TabularInline


def tell(request: HttpRequest, schedule: Schedule) -> None:
    """Say what the saved schedule means: gaps, whoever is in it twice, hand-offs on a clock change."""
    for sentence in notes(schedule):
        say = messages.info if "the pager changes hands" in sentence else messages.warning
        say(request, sentence)


def refuse(form: "forms.BaseForm", error: Invalid) -> None:
    """Put the sentence beside its field, or above the form where the form has no such field."""
    form.add_error(error.field if error.field in form.fields else None, error.sentence)


class NewOnly:
    """Rows can be added, and are shown; what has begun is changed on its own page, by its own rules."""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RotaAdmin(AuditedModelAdmin):
    """Writes by actions, which write the audit log too; what only they can know is said above the form."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as error:  # somebody was quicker than the form's own checks
            messages.error(request, error.sentence)
            return HttpResponseRedirect(request.get_full_path())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def _audit(self, request: HttpRequest, verb: str, obj: Model, message: Any) -> None:
        """The action has written what happened."""


def saved(obj: Model, stored: Model) -> None:
    """Let a form's object stand for the row that an action has stored."""
    obj.pk = stored.pk
    obj._state.adding = False


def unchanged(formsets: Any) -> None:
    """Let Django describe formsets that were not saved by it."""
    for formset in formsets:
        for name in ("new_objects", "changed_objects", "deleted_objects"):
            setattr(formset, name, getattr(formset, name, []))
