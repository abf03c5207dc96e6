"""An override as a form: the page works by itself, and the calendar opens the same form in a dialog."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.actor import Actor
from common import clock, zones
from common.errors import DomainError, NotFound
from common.htmx import is_fragment
from incidents.views.base import actor, form_page, sent, tap, viewer
from oncall import actions
from oncall.access import require_schedule_editor, schedule_for
from oncall.calendar.forms import WALL, ChangeForm, OverrideForm, SpanForm, WallTimeField
from oncall.calendar.preview import Preview, preview
from oncall.models import Override, Schedule

DAY = timedelta(days=1)


@form_page
def override(request: HttpRequest, slug: str) -> HttpResponse:
    """Put somebody else on call for a while: shows what would change, then saves it."""
    schedule, by = _editable(request, slug)
    form = OverrideForm(sent(request), zone=viewer(request).zone, initial=_initial(request))

    def save() -> Any:
        return actions.add_override(by=by, schedule=schedule, idempotency_key=form.key, **_values(form))

    return _answered(request, schedule, form, save, lambda: _proposed(schedule, form))


@tap
def override_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """Return what the form would change, as a part of the page; nothing is saved."""
    schedule, _ = _editable(request, slug)
    row = _found(schedule, request.POST.get("override", "")) if request.POST.get("override") else None
    zone = viewer(request).zone
    form: SpanForm = ChangeForm(request.POST, zone=zone) if row else OverrideForm(request.POST, zone=zone)
    if row:
        _keep_start(form, row)
    found = _previewed(form, lambda: _moved(row, form) if row else _proposed(schedule, form))
    context = {"preview": found, "form": form}
    return render(request, "oncall/_override_preview.html", context, status=form.status)


@form_page
def change_override(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Move an override's future part, or take it back."""
    schedule, by = _editable(request, slug)
    row = _found(schedule, pk)
    zone = zones.get(request.GET.get("zone", "")) if request.GET.get("zone") else viewer(request).zone
    initial = {
        "starts_at": row.starts_at.astimezone(zone).strftime(WALL),
        "ends_at": row.ends_at.astimezone(zone).strftime(WALL),
        "reason": row.reason,
        "zone": zone.key,
        "back": request.GET.get("back", ""),
    }
    form = ChangeForm(sent(request), zone=zone, initial=initial)
    _keep_start(form, row)

    def save() -> Any:
        moved = _moved(row, form)
        return actions.change_override(
            by=by, override=row, idempotency_key=form.key, starts_at=moved.starts_at, ends_at=moved.ends_at,
            reason=moved.reason,
        )  # fmt: skip

    return _answered(request, schedule, form, save, lambda: _moved(row, form), row)


@tap
def take_back_override(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take an override back: one that has begun ends now. Twice is once, so one that is gone is no error."""
    schedule, by = _editable(request, slug)
    row = Override.objects.filter(schedule=schedule, pk=pk).select_related("schedule").first()
    if row is not None:
        actions.end_override(by=by, override=row)
    messages.success(request, "The override was taken back.")
    return _back(request)


def _editable(request: HttpRequest, slug: str) -> tuple[Schedule, Actor]:
    by, schedule = actor(request), schedule_for(slug)
    require_schedule_editor(by, schedule)
    return schedule, by


def _found(schedule: Schedule, pk: int | str) -> Override:
    rows = Override.objects.filter(schedule=schedule).select_related("schedule", "user", "replaces")
    row = (
        rows.filter(pk=int(pk)).first()
        if str(pk).isascii() and str(pk).isdigit() and len(str(pk)) < 18
        else None
    )
    if row is None:
        raise NotFound("There is no such override: somebody has taken it back.")
    return row


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Return the span that the calendar's link names, in wall times or instants, from now at the earliest."""
    name = request.GET.get("zone", "")
    zone = zones.get(name) if name in zones.names() else viewer(request).zone
    now = clock.now()
    start = max(_instant(request.GET.get("start", ""), zone) or now, now)
    end = _instant(request.GET.get("end", ""), zone, is_end=True)
    return {
        "starts_at": start.astimezone(zone).strftime(WALL),
        "ends_at": (end if end and end > start else start + DAY).astimezone(zone).strftime(WALL),
        "zone": zone.key,
        "back": request.GET.get("back", ""),
    }


def _instant(text: str, zone: ZoneInfo, *, is_end: bool = False) -> datetime | None:
    try:
        found = WallTimeField(label="", is_end=is_end).instant(text.replace(" ", "+"), zone)
    except ValidationError:
        return None
    return found.astimezone(UTC)


def _keep_start(form: SpanForm, row: Override) -> None:
    """Take the start away from the form of an override that has begun: it is history."""
    if row.starts_at <= clock.now():
        form.fields.pop("starts_at", None)


def _values(form: SpanForm) -> dict[str, Any]:
    names = ("user", "kind", "replaces", "starts_at", "ends_at", "reason")
    return {name: form.cleaned_data[name] for name in names}


def _proposed(schedule: Schedule, form: SpanForm) -> Override:
    """Return the override that the form describes, unsaved. Raises what saving it would raise."""
    values = _values(form)
    checked = {name: values[name] for name in ("kind", "user", "replaces", "starts_at", "ends_at")}
    checked["starts_at"] = values["starts_at"] = actions.checked_start(**checked)
    actions.check_room(schedule=schedule, **checked)
    return Override(schedule=schedule, **values)


def _moved(row: Override, form: SpanForm) -> Override:
    """Return the override as the form would leave it, unsaved; a start of the same minute is the same start."""
    wanted = form.cleaned_data.get("starts_at")
    if wanted == row.starts_at.replace(second=0, microsecond=0):
        wanted = None
    start, end = actions.checked_move(row, starts_at=wanted, ends_at=form.cleaned_data["ends_at"])
    return Override(
        pk=row.pk,
        schedule=row.schedule,
        kind=row.kind,
        user=row.user,
        replaces=row.replaces,
        origin=row.origin,
        starts_at=start,
        ends_at=end,
        reason=form.cleaned_data["reason"],
    )


def _previewed(form: SpanForm, propose: Callable[[], Override]) -> Preview | None:
    """Return what the form would change; None, with the sentences beside its fields, if it makes no sense."""
    if not form.is_valid():
        return None
    try:
        return preview(propose(), now=clock.now(), zone=form.zone_shown)
    except DomainError as error:
        form.refuse(error)
        return None


def _answered(
    request: HttpRequest,
    schedule: Schedule,
    form: SpanForm,
    save: Callable[[], Any],
    propose: Callable[[], Override],
    row: Override | None = None,
) -> HttpResponse:
    """Save and go back to the calendar, or show the form: with what it would change if that was asked for."""
    found = None
    if "preview" in request.POST:
        found = _previewed(form, propose)
    elif request.method == "POST" and form.attempt(save):
        messages.success(request, "The override is saved." if row is None else "The override was changed.")
        return _back(request)
    context = {"schedule": schedule, "form": form, "preview": found, "override": row, "now": clock.now()}
    template = "oncall/_override_form.html" if is_fragment(request) else "oncall/override.html"
    return render(request, template, context, status=form.status)


def _back(request: HttpRequest) -> HttpResponse:
    """Go back to the calendar as it was; the form in the dialog is told where that is."""
    query = request.POST.get("back", "")
    address = reverse("oncall:on_call") + (f"?{query}" if query else "")
    if is_fragment(request):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
