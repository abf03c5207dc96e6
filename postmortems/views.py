"""The post-mortem panel of an incident, and the list of what is due."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.actor import Actor
from accounts.models import User
from common import clock
from common.errors import Invalid
from common.htmx import is_fragment
from incidents.access import incident_for
from postmortems import actions
from postmortems.access import postmortem_for, visible_to
from postmortems.forms import AssignForm, PublishForm
from postmortems.models import PostMortem


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("login_required stands in front of this view")
    return request.user


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Post-mortems that are not published yet, the one due first on top; ``?shown=published`` the others."""
    published = request.GET.get("shown") == "published"
    rows = visible_to(_user(request)).select_related("incident", "owner")
    state = PostMortem.State.PUBLISHED
    rows = (
        rows.filter(state=state).order_by("-published_at")
        if published
        else rows.exclude(state=state).order_by("due_at")
    )
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(
        request, "postmortems/index.html", {"page": page, "published": published, "now": clock.now()}
    )


@login_required
@require_GET
def panel(request: HttpRequest, reference: str) -> HttpResponse:
    """The incident's post-mortem record: a fragment for htmx, a page of its own without."""
    incident = incident_for(_user(request), reference)
    record = PostMortem.objects.filter(incident=incident).select_related("owner").first()
    return _render(request, {"incident": incident, "postmortem": record})


def _render(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    record = context["postmortem"]
    owner = record.owner_id if isinstance(record, PostMortem) else None
    context = {"publish_form": PublishForm(), "assign_form": AssignForm(initial={"owner": owner}),
               "may_write": _user(request).can_respond, "now": clock.now()} | context  # fmt: skip
    template = "postmortems/_postmortem.html" if is_fragment(request) else "postmortems/panel.html"
    return render(request, template, context, status=status)


@login_required
@require_POST
def publish(request: HttpRequest, reference: str) -> HttpResponse:
    """Record where the published text stands."""
    record = postmortem_for(_user(request), reference)
    form = PublishForm(request.POST)
    if form.is_valid():
        try:
            record = actions.publish_elsewhere(
                by=Actor.of(_user(request)), postmortem=record, url=form.cleaned_data["url"]
            )
        except Invalid as error:
            form.add_error("url", error.sentence)
    return _answer(request, record, publish_form=form)


@login_required
@require_POST
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    """Make somebody responsible for the writing."""
    record = postmortem_for(_user(request), reference)
    form = AssignForm(request.POST)
    if form.is_valid():
        try:
            record = actions.assign(
                by=Actor.of(_user(request)), postmortem=record, owner=form.cleaned_data["owner"]
            )
        except Invalid as error:
            form.add_error("owner", error.sentence)
    return _answer(request, record, assign_form=form)


def _answer(request: HttpRequest, record: PostMortem, **forms: PublishForm | AssignForm) -> HttpResponse:
    failed = any(form.errors for form in forms.values())
    if not failed and not is_fragment(request):
        return redirect(f"{record.incident.get_absolute_url()}#postmortem")
    shown = forms if failed else {}
    context: dict[str, object] = {"incident": record.incident, "postmortem": record, **shown}
    return _render(request, context, status=400 if failed and not is_fragment(request) else 200)
