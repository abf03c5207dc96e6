"""Settings of people, teams and business hours; API keys and the audit log to look at."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet, inlineformset_factory
from django.http import HttpRequest
from django.utils.html import format_html

from accounts import actions, audit, calendars, keys, kinds
from accounts.adminbase import AuditedModelAdmin, ReadOnlyModelAdmin, actor_of
from accounts.models import (
    AccessRole,
    ApiKey,
    AuditEntry,
    BusinessCalendar,
    BusinessHours,
    ContactMethod,
    EmergencyContact,
    Qualification,
    SpecialDay,
    Team,
    User,
)
from common import clock, instants
from common.businesstime import Calendar, NeverOpen, is_open, next_open, open_intervals

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]
    PersonBase = forms.ModelForm[User]
    MethodBase = forms.ModelForm[ContactMethod]
    FormSet = BaseInlineFormSet[Any, Any, Any]
else:
    TabularInline = admin.TabularInline
    PersonBase = forms.ModelForm
    MethodBase = forms.ModelForm
    FormSet = BaseInlineFormSet

HORIZON_DAYS = 30


class ContactMethodForm(MethodBase):
    """A contact method as an admin sees it. A secret address is not shown, and nobody can be vouched for."""

    class Meta:
        model = ContactMethod
        fields = ["position", "kind", "address", "label", "delay_minutes", "low_delay_minutes", "is_active"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance._state.adding:
            offered = [(info.kind, info.label) for info in kinds.offered()]
            self.fields["kind"] = forms.ChoiceField(choices=offered)
            return
        self.fields["kind"].disabled = True
        if self.instance.kind != ContactMethod.Kind.EMAIL:
            self.fields["address"].disabled = True
            self.initial["address"] = self.instance.masked

    def clean_address(self) -> str:
        """Return what is stored where the field only shows it."""
        if self.fields["address"].disabled:
            return str(self.instance.address)
        return str(self.cleaned_data["address"])

    def save(self, commit: bool = True) -> ContactMethod:
        """Save it; a new address is verified by its person, or is the one they sign in with."""
        method = self.instance
        if method._state.adding or "address" in self.changed_data:
            method.verified_at = clock.now() if method.needs_no_code else None
        return super().save(commit)


class ContactMethodInline(TabularInline):
    model = ContactMethod
    form = ContactMethodForm
    extra = 0
    fields = [
        "position", "kind", "address", "label", "delay_minutes", "low_delay_minutes", "is_active", "verified_at",
    ]  # fmt: skip
    readonly_fields = ["verified_at"]


class PersonForm(PersonBase):
    """A person. Signing in is by mail address, so the user name is made from it."""

    class Meta:
        model = User
        fields = [
            "name", "email", "job_title", "time_zone", "role", "is_active", "qualifications", "on_leave_until",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        leaves = self.instance.pk and (data.get("role") != AccessRole.ADMIN or not data.get("is_active"))
        others = User.objects.filter(role=AccessRole.ADMIN, is_active=True).exclude(pk=self.instance.pk)
        if leaves and self.instance.is_admin and not others.exists():
            raise forms.ValidationError("This is the last admin. Make somebody else an admin first.")
        return data


@admin.register(User)
class UserAdmin(AuditedModelAdmin):
    """People are switched off, not deleted: the timeline of past incidents keeps their names."""

    form = PersonForm
    inlines = [ContactMethodInline]
    list_display = ["name", "email", "role", "job_title", "time_zone", "is_active", "on_leave_until"]
    list_filter = ["role", "is_active", "teams"]
    search_fields = ["name", "email", "job_title"]
    filter_horizontal = ["qualifications"]
    fieldsets = [
        (None, {"fields": ["name", "email", "job_title", "time_zone"]}),
        (
            "Access",
            {
                "fields": ["role", "is_active"],
                "description": "Somebody new sets a password with “Forgotten the password?” on the log-in page. "
                "Who leaves is switched off: sign-in and API keys stop at once.",
            },
        ),
        ("In incidents", {"fields": ["qualifications", "on_leave_until"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if isinstance(obj, User) and not change:
            obj.username = _free_username(obj.email)
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


def _free_username(email: str) -> str:
    """Return a user name nobody has; people never see it."""
    base = email.lower()[:140]
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    return next(name for n in range(len(taken) + 1) if (name := f"{base}-{n}" if n else base) not in taken)


@admin.register(Team)
class TeamAdmin(AuditedModelAdmin):
    list_display = ["name", "slug", "calendar", "is_default"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    filter_horizontal = ["members"]


@admin.register(Qualification)
class QualificationAdmin(AuditedModelAdmin):
    list_display = ["name", "key"]
    search_fields = ["name", "key"]
    prepopulated_fields = {"key": ["name"]}


class HoursFormSet(FormSet):
    """Opening hours that open at least once within the next ``HORIZON_DAYS`` days (semantics.md, "Time")."""

    def clean(self) -> None:
        super().clean()
        rows = [form.instance for form in self.forms if _is_kept(form)]
        if any(self.errors) or not isinstance(self.instance, BusinessCalendar):
            return
        calendar = calendars.build(self.instance, rows, self._special_days())
        horizon = open_intervals(calendar, clock.now(), days=HORIZON_DAYS)
        if next(horizon, None) is None:
            raise forms.ValidationError(
                f"This calendar has no open day in the next {HORIZON_DAYS} days: "
                "whatever waits for business hours would wait for ever."
            )

    def _special_days(self) -> list[SpecialDay]:
        """Return the special days of the same page, as they are being saved."""
        fields = ["date", "name", "opens", "closes"]
        made = inlineformset_factory(BusinessCalendar, SpecialDay, fields=fields)
        days = made(data=self.data, instance=self.instance, prefix="special_days")
        return [form.instance for form in days.forms if _is_kept(form) and form.is_valid()]


def _is_kept(form: Any) -> bool:
    return form.has_changed() or form.instance.pk is not None if not _is_deleted(form) else False


def _is_deleted(form: Any) -> bool:
    return bool(form.is_valid() and form.cleaned_data.get("DELETE"))


class HoursInline(TabularInline):
    model = BusinessHours
    formset = HoursFormSet
    extra = 0
    min_num = 1

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **options: Any) -> Any:
        return super().get_formset(request, obj, **{**options, "validate_min": True})


class SpecialDayInline(TabularInline):
    model = SpecialDay
    extra = 0


@admin.register(BusinessCalendar)
class BusinessCalendarAdmin(AuditedModelAdmin):
    """Business hours, with what they mean right now."""

    list_display = ["name", "time_zone", "country", "is_default", "preview"]
    inlines = [HoursInline, SpecialDayInline]
    readonly_fields = ["preview"]
    search_fields = ["name"]

    @admin.display(description="Right now")
    def preview(self, stored: BusinessCalendar) -> str:
        """Return whether it is open now, and when that changes, in the calendar's own zone."""
        if stored._state.adding:
            return "Shown once it is saved."
        return _right_now(calendars.load(stored))


def _right_now(calendar: Calendar) -> str:
    now = clock.now()
    try:
        if not is_open(calendar, now):
            opening = next_open(calendar, now).astimezone(calendar.zone)
            return f"Closed; opens {opening:%a} {instants.clock(opening, now)} ({opening.tzname()})"
    except NeverOpen:
        return "Never open: whatever waits for business hours waits for ever."
    spans = open_intervals(calendar, now - timedelta(days=1), days=3)
    closing = next(end for start, end in spans if start <= now < end).astimezone(calendar.zone)
    return f"Open until {instants.clock(closing, now)} ({closing.tzname()})"


@admin.register(EmergencyContact)
class EmergencyContactAdmin(AuditedModelAdmin):
    """Whom to call beyond the people here. A contact that nobody has tried for 90 days is amber under Readiness."""

    list_display = ["name", "kind", "provides", "phone", "address", "hours", "verified_at"]
    list_filter = ["kind"]
    search_fields = ["name", "provides"]
    readonly_fields = ["verified_at"]
    actions = ["say_tried"]

    @admin.action(description="Tried today: they answer")
    def say_tried(self, request: HttpRequest, queryset: QuerySet[EmergencyContact]) -> None:
        for contact in queryset:
            actions.verify_contact(by=actor_of(request), contact=contact)
        self.message_user(request, "Noted: they were tried today.")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyModelAdmin):
    """Keys are made on the profile page or over the API, where their token can be shown; here they are revoked."""

    list_display = [
        "name",
        "public_id",
        "user",
        "scopes",
        "created_at",
        "last_used_at",
        "expires_at",
        "revoked_at",
    ]
    list_filter = ["user"]
    search_fields = ["name", "public_id", "user__name"]
    fields = ("name", "public_id", "user", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at")
    readonly_fields = fields
    actions = ["revoke"]

    @admin.action(description="Revoke the selected keys", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = [keys.revoke(by=actor_of(request), key=key) for key in queryset.filter(revoked_at=None)]
        self.message_user(request, f"{len(revoked)} keys revoked.", messages.SUCCESS)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin):
    """The audit log, newest first."""

    list_display = ["sequence", "at", "actor", "action", "object_label", "address"]
    list_filter = ["action"]
    search_fields = ["actor", "action", "object_label", "request_id"]
    ordering = ["-sequence"]
    show_full_result_count = False
    fields = (
        "sequence", "at", "actor", "action", "object_label", "data", "address", "request_id", "previous_hash", "hash",
        "chain",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description="Hash")
    def chain(self, entry: AuditEntry) -> str:
        fits = audit.digest(entry) == entry.hash
        return format_html("<strong>{}</strong>", "fits" if fits else "does not fit: this entry was changed")
