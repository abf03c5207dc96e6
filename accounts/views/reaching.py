"""How one is reached: contact methods, the codes that verify them, and their tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.staticfiles import finders
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts import codes, foresight, kinds, methods, rules
from accounts import reach as reach_rules
from accounts.access import contact_method_for, signed_in
from accounts.actor import Actor
from accounts.forms import CodeForm, ContactMethodForm, QuietHoursForm, RulesForm
from accounts.models import ContactMethod, Urgency, User
from common import clock
from common.errors import Conflict, DomainError, Invalid, NotFound, TooMany


def _page(request: HttpRequest, *, status: int = 200, **changed: Any) -> HttpResponse:
    """Render the page; ``changed`` replaces the form to add with one that has errors, or names a code's error."""
    user = signed_in(request)
    chosen = kinds.INFO.get(request.POST.get("method-kind", "") or request.GET.get("add", ""))
    form = (
        ContactMethodForm(prefix="method", info=chosen) if chosen and kinds.is_offered(chosen.kind) else None
    )
    rows = _rows(user)
    usable = [
        row["method"] for row in rows if row["is_usable"] and row["method"].kind != ContactMethod.Kind.IN_APP
    ]
    context = {
        "push_key": import_string(settings.PUSH_KEY)() if _is_push(chosen) else "",
        "high_form": RulesForm(methods=usable, urgency=Urgency.HIGH),
        "low_form": RulesForm(methods=usable, urgency=Urgency.LOW),
        "quiet_form": QuietHoursForm(
            prefix="quiet", initial={"starts": user.quiet_from, "ends": user.quiet_until}
        ),
        "scenes": foresight.scenes(user, clock.now()),
        "method_form": form,
        "chosen": chosen,
        "kinds": kinds.offered(),
        "rows": rows,
        "reachable": any(
            row["is_usable"] and row["method"].kind != ContactMethod.Kind.IN_APP for row in rows
        ),
        **changed,
    }
    return render(request, "accounts/reach.html", context, status=status)


def _is_push(chosen: kinds.KindInfo | None) -> bool:
    return chosen is not None and chosen.kind == ContactMethod.Kind.WEB_PUSH


def _rows(user: User) -> list[dict[str, Any]]:
    """Return one's contact methods with what the page says about each."""
    found, now = list(user.contact_methods.select_related("user").prefetch_related("codes")), clock.now()
    outcomes = import_string(settings.CONTACT_OUTCOMES)(found)
    return [
        {
            "method": method,
            "info": kinds.INFO[method.kind],
            "is_offered": kinds.is_offered(method.kind),
            "is_usable": method.is_active
            and method.verified_at is not None
            and kinds.is_offered(method.kind),
            "code": codes.waiting(method, now),
            "outcome": outcomes.get(method.pk),
        }
        for method in found
        if method.kind in kinds.INFO
    ]


def _back(method: ContactMethod | None = None) -> HttpResponse:
    anchor = f"#method-{method.pk}" if method else "#contact-methods"
    return redirect(f"{reverse('accounts:reach')}{anchor}")


def _carry_out(form: Form, act: Callable[[], Any]) -> Any:
    """Return what ``act`` returns; a refusal becomes an error beside its field and ``None`` is returned."""
    try:
        return act()
    except (Invalid, Conflict, TooMany) as error:
        form.add_error(error.field if error.field in form.fields else None, error.sentence)
        return None


@require_safe
def push_worker(request: HttpRequest) -> HttpResponse:
    """Return the service worker, from an address at the root: its scope is the whole site."""
    path = finders.find("js/push-worker.js")
    if not isinstance(path, str):
        raise NotFound("There is no service worker.")
    answer = HttpResponse(Path(path).read_bytes(), content_type="text/javascript")
    answer["Cache-Control"] = "no-cache"
    return answer


@login_required
@require_GET
def reach(request: HttpRequest) -> HttpResponse:
    """Show how one is reached; ``?add=sms`` shows the form for one more."""
    return _page(request)


@login_required
@require_POST
def add_method(request: HttpRequest) -> HttpResponse:
    """Add a contact method to one's own, and send the code that verifies it."""
    user = signed_in(request)
    info = kinds.INFO.get(request.POST.get("method-kind", ""))
    form = ContactMethodForm(request.POST, prefix="method", info=info)
    if form.is_valid():
        data, by = form.cleaned_data, Actor.of(user)
        if added := _carry_out(form, lambda: methods.add_contact_method(by=by, user=user, **data)):
            messages.success(request, _after_adding(added))
            return _back(added)
    return _page(request, status=400, method_form=form)


def _after_adding(method: ContactMethod) -> str:
    if method.verified_at:
        return "Contact method added. Send a test message to be sure."
    return "A code is on its way. Enter it below: pages go there once it is verified."


@login_required
@require_http_methods(["GET", "POST"])
def change_method(request: HttpRequest, pk: int) -> HttpResponse:
    """Show and change one contact method."""
    user = signed_in(request)
    method = contact_method_for(user, pk)
    initial = {"address": method.readable, "label": method.label, "is_active": method.is_active}
    form = ContactMethodForm(
        request.POST or None, method=method, info=kinds.INFO[method.kind], initial=initial
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        act = lambda: methods.change_contact_method(by=Actor.of(user), method=method, **data)  # noqa: E731
        if changed := _carry_out(form, act):
            messages.success(request, "Contact method changed.")
            return _back(changed)
    warning = methods.what_happens_without(method) if form.errors else ""
    context = {"form": form, "method": method, "warning": warning}
    return render(request, "accounts/contact_method.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def remove_method(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove one of one's contact methods; the last verified one after saying what happens then."""
    user = signed_in(request)
    method = contact_method_for(user, pk)
    knowing = request.POST.get("knowing") == "on"
    try:
        methods.remove_contact_method(by=Actor.of(user), method=method, knowing=knowing)
    except Conflict as error:
        context = {"method": method, "sentence": error.sentence}
        return render(request, "accounts/remove_method.html", context, status=error.status)
    messages.success(request, "Contact method removed.")
    return _back()


@login_required
@require_POST
def move_method(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a contact method be tried earlier (``direction=up``) or later."""
    user = signed_in(request)
    up = request.POST.get("direction") == "up"
    methods.move_contact_method(by=Actor.of(user), method=contact_method_for(user, pk), up=up)
    return _back()


@login_required
@require_POST
def set_rules(request: HttpRequest, urgency: str) -> HttpResponse:
    """Set which of one's methods are used for an urgency, and after how many minutes."""
    user = signed_in(request)
    if urgency not in Urgency.values:
        raise NotFound("There is no such urgency.")
    usable = reach_rules.usable_by_person([user]).get(user.pk, [])
    form = RulesForm(request.POST, methods=usable, urgency=urgency)
    if form.is_valid():
        act = lambda: rules.set_rules(by=Actor.of(user), user=user, urgency=urgency, minutes=form.minutes())  # noqa: E731
        if _carry_out(form, act):
            messages.success(request, "Your rules are changed. Below is what would happen now.")
            return redirect(f"{reverse('accounts:reach')}#what-would-happen")
    return _page(request, status=400, **{f"{urgency}_form": form})


@login_required
@require_POST
def quiet_hours(request: HttpRequest) -> HttpResponse:
    """Set one's quiet hours; two empty times are none."""
    user, form = signed_in(request), QuietHoursForm(request.POST, prefix="quiet")
    if form.is_valid():
        data = form.cleaned_data
        if _carry_out(form, lambda: rules.set_quiet_hours(by=Actor.of(user), user=user, **data)):
            messages.success(request, "Quiet hours set." if data["starts"] else "You have no quiet hours.")
            return redirect(f"{reverse('accounts:reach')}#what-would-happen")
    return _page(request, status=400, quiet_form=form)


@login_required
@require_POST
def send_test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test message by one of one's contact methods."""
    user = signed_in(request)
    method = contact_method_for(user, pk)
    try:
        methods.send_test(by=Actor.of(user), method=method)
    except DomainError as error:
        return _page(request, status=error.status, refused={"method": method.pk, "sentence": error.sentence})
    messages.success(request, f"A test message is on its way by {method}.")
    return _back(method)


@login_required
@require_POST
def send_code(request: HttpRequest, pk: int) -> HttpResponse:
    """Send another code by a contact method that is not verified."""
    user = signed_in(request)
    method = contact_method_for(user, pk)
    try:
        methods.send_code(by=Actor.of(user), method=method)
    except DomainError as error:
        return _page(request, status=error.status, refused={"method": method.pk, "sentence": error.sentence})
    messages.success(request, "A new code is on its way. Those before it no longer count.")
    return _back(method)


@login_required
@require_POST
def verify_method(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the code that verifies a contact method."""
    user, form = signed_in(request), CodeForm(request.POST)
    method = contact_method_for(user, pk)
    if form.is_valid():
        code = form.cleaned_data["code"]
        act = lambda: methods.verify_contact_method(by=Actor.of(user), method=method, code=code)  # noqa: E731
        if _carry_out(form, act):
            messages.success(request, f"Verified: pages can reach you by {method}.")
            return _back(method)
    sentence = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return _page(request, status=400, refused={"method": method.pk, "sentence": sentence, "is_code": True})
