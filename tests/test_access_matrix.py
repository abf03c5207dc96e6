"""Who may open and do what: every URL × every role, against the reviewed table in tests/access_matrix.py."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actor import Actor
from accounts.models import AccessRole, ApiKey, EmergencyContact, User
from communications.models import Delivery, Notification
from communications.outbox import Message, enqueue
from incidents import actions
from incidents.models import Incident, PhaseStep
from oncall.feeds import links
from oncall.models import (
    Absence,
    CoverRequest,
    FixedSchedule,
    ForeignCalendar,
    Override,
    Shadow,
    ShiftChange,
)
from postmortems.models import PostMortem
from tests import builders
from tests.access_matrix import BODIES, MATRIX, OPEN
from tests.support.matrix import ROLES, World, ask, letter, row
from tests.support.urls import Url, all_urls

URLS = [url for url in all_urls() if not url.is_admin]
ADMIN_URLS = [url for url in all_urls() if url.is_admin]
BY_REFERENCE = [url for url in URLS if "<str:reference>" in url.route]


@pytest.fixture
def world(procedure: None) -> World:
    people = {role: builders.person(role.title(), role) for role in ROLES if role != "anonymous"}
    carol = builders.carol(role=AccessRole.COMMANDER)
    return World(people, carol, places(carol, people["commander"]))


def places(carol: User, commander: User) -> dict[str, dict[str, Any]]:
    """Makes an incident of Carol's with something of each kind on it, and returns what stands in which URL."""
    by, soon = Actor.of(carol), timezone.now() + timedelta(hours=1)
    incident = actions.declare(by=by, title="Webhooks down", severity=1)
    PostMortem.objects.create(incident=incident, is_required=True, due_at=soon, created_at=soon)
    of_incident = {"reference": incident.reference}
    offer = actions.take_role(by=by, incident=incident, role="commander") and actions.offer_role(
        by=by, incident=incident, role="commander", to=commander
    )
    pk = {
        "hypothesis": actions.hypothesise(by=by, incident=incident, theory="The pool").pk,
        "checkpoint": actions.set_checkpoint(by=by, incident=incident, due_at=soon, question="Better?").pk,
        "task": actions.assign_task(by=by, incident=incident, title="Look", assignee=carol, due_at=soon).pk,
        "step": PhaseStep.objects.filter(kind="step")[0].pk,
        "offer": offer.pk,
        "method": builders.mail_method(carol, "carol@example.org").pk,
    }
    return {**{url.name: of_incident for url in BY_REFERENCE}, **special(of_incident, pk, carol, commander)}


def special(
    incident: dict[str, Any], pk: dict[str, Any], carol: User, commander: User
) -> dict[str, dict[str, Any]]:
    builders.api_key(carol)
    key = ApiKey.objects.get().pk
    contact = EmergencyContact.objects.create(name="Cloud support", phone="+44 20 7946 0000").pk
    page = builders.page_for(carol)
    rows = enqueue(
        kind="notice", topic="t", dedupe_key="n:1", user=carol, message=Message("x", "y"), now=timezone.now()
    )
    assert rows
    notification = Notification.objects.create(
        user=carol, kind="notice", title="x", dedupe_key="x", created_at=timezone.now()
    )
    delivery = {"pk": Delivery.objects.order_by("pk")[0].pk}
    starts = timezone.now() + timedelta(days=2)
    override = Override.objects.create(
        schedule=builders.rota("Platform", carol),
        user=carol,
        starts_at=starts,
        ends_at=starts + timedelta(days=1),
    )
    calendar = links.create(by=Actor.of(carol), user=carol)
    feed_token = calendar.url.rpartition("/")[2].removesuffix(".ics")
    away = Absence.objects.create(user=carol, starts_at=starts, ends_at=starts + timedelta(days=1)).pk
    read_here = ForeignCalendar.objects.create(
        user=carol, purpose="absence", url="https://calendar.example/x.ics", due_at=starts
    ).pk
    method, token = {"pk": pk["method"]}, {"token": builders.page_link(page).split("/")[2]}
    asked = CoverRequest.objects.create(
        schedule=override.schedule,
        asked_by=carol,
        asked_of=commander,
        starts_at=starts,
        ends_at=override.ends_at,
        lapses_at=starts,
        created_at=timezone.now(),
    )
    fixed = FixedSchedule.objects.create(
        schedule=override.schedule, starts_at=starts, ends_at=override.ends_at
    )
    shadow = Shadow.objects.create(schedule=override.schedule, user=carol, starts_at=starts)
    change = ShiftChange.objects.create(
        schedule=override.schedule, incoming=carol, at=starts, created_at=timezone.now()
    )
    return {
        "incidents:correct": {**incident, "sequence": 1},
        "incidents:status": {**incident, "to": "mitigating"},
        "incidents:gate": {**incident, "key": "none"},
        **{f"incidents:{verb}_role": {**incident, "role": "commander"} for verb in ("take", "offer", "release")},
        "api:incident-role-release": {**incident, "role": "commander"},
        **{name: {**incident, "pk": pk["hypothesis"]} for name in ("incidents:judge", "api:hypothesis")},
        **{name: {**incident, "pk": pk["checkpoint"]} for name in ("incidents:finish_checkpoint", "api:checkpoint")},
        **{name: {**incident, "pk": pk["task"]} for name in ("incidents:finish_task", "api:task")},
        **{name: {**incident, "pk": pk["step"]} for name in ("incidents:tick", "incidents:clear", "api:step")},
        **{name: {**incident, "pk": pk["offer"]}
           for name in ("incidents:answer_offer", "api:role-offer-accept", "api:role-offer-decline")},
        **{f"accounts:{name}_method": method for name in ("change", "remove", "move")},
        **{f"api:contact-method{what}": method for what in ("", "-move", "-test", "-code", "-verify")},
        "accounts:send_test": method,
        "accounts:set_rules": {"urgency": "high"},
        "accounts:send_code": method,
        "accounts:verify_method": method,
        **{name: {"pk": key} for name in ("accounts:revoke_key", "api:api-key")},
        **{name: {"pk": contact} for name in ("accounts:verify_contact", "api:contact-verified")},
        **{name: {"pk": notification.pk} for name in ("communications:follow", "communications:read",
                                                      "api:notification-read")},
        **{name: {"pk": page.pk} for name in ("api:page-acknowledge", "api:page-decline")},
        **dict.fromkeys(("escalation:page", "escalation:page_acknowledge", "escalation:page_decline",
                         "escalation:page_key"), token),
        **{name: {"slug": "platform"} for name in ("api:schedule", "api:schedule-on-call", "api:schedule-shifts",
                                                   "api:overrides", "api:layers", "api:fixed-schedules")},
        **{name: {"slug": "platform"} for name in ("oncall:override", "oncall:override_preview",
                                                   "api:override-preview")},
        **{name: {"slug": "platform", "pk": override.pk}
           for name in ("api:override", "oncall:change_override", "oncall:take_back_override")},
        "api:layer": {"slug": "platform", "pk": override.schedule.layers.get().pk},
        "api:fixed-schedule": {"slug": "platform", "pk": fixed.pk},
        **{name: {"slug": "platform"} for name in ("oncall:take", "api:schedule-take", "api:shadows")},
        **{name: {"pk": asked.pk} for name in ("oncall:cover", "oncall:withdraw", "api:cover-request",
                                               "api:cover-accept", "api:cover-decline", "api:cover-withdraw")},
        "oncall:end_shadow": {"pk": shadow.pk},
        "api:shadow": {"slug": "platform", "pk": shadow.pk},
        **{name: {"pk": change.pk} for name in ("oncall:hand_over", "oncall:confirm", "api:hand-over",
                                                "api:hand-over-confirm")},
        **{name: {"pk": away} for name in ("oncall:remove_absence", "api:my-absence")},
        **{name: {"pk": read_here} for name in ("oncall:remove_absence_calendar", "oncall:read_absence_calendar",
                                                "api:absence-calendar", "api:absence-calendar-read")},
        "oncall:feed": {"token": feed_token},
        **{name: {"pk": calendar.link.pk} for name in ("oncall:revoke_calendar_link", "api:calendar-link")},
        "api:delivery-detail": delivery,
        "api:user": {"pk": carol.pk},
        "escalation:discuss": {"pk": 1},
        "api:agenda-discuss": {"pk": 1},
        "api:alert-receive": {"key": "unknown"},
        "account_reset_password_from_key": {"uidb36": "1", "key": "set-password"},
    }  # fmt: skip


def test_each_url_has_a_row_and_each_row_a_url() -> None:
    """A new URL without a row in tests/access_matrix.py fails here."""
    listed = OPEN.union(*MATRIX.values())
    assert {url.name for url in URLS} - listed == set()
    assert listed - {url.name for url in URLS} == set()


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.timeout(600)
@pytest.mark.parametrize("group", MATRIX)
def test_everybody_gets_where_the_table_says_and_nowhere_else(world: World, group: str) -> None:
    wrong = {}
    for name, expected in MATRIX[group].items():
        found = {method: row(world, method, name, BODIES.get(name, {})) for method in expected}
        if found != expected:
            wrong[name] = {"found": found, "expected": expected}
    assert wrong == {}


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_a_private_incident_is_not_there_for_an_outsider_at_any_address(world: World) -> None:
    Incident.objects.update(is_private=True)
    by_name = {name: methods for rows in MATRIX.values() for name, methods in rows.items()}
    found = {
        (url.name, method): ask(world, "responder", method, url.name, BODIES.get(url.name, {}))
        for url in BY_REFERENCE
        for method in by_name[url.name]
    }
    assert {key: letter for key, letter in found.items() if letter != "0"} == {}


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", ROLES)
def test_the_settings_are_for_admins(world: World, role: str) -> None:
    client = world.client(role)
    letters = {}
    for url in ADMIN_URLS:
        answer = client.get(admin_path(url))
        if url.name != "admin:logout":  # leads everybody on
            letters[url.route] = letter(answer.status_code, answer.headers.get("Location", ""))
    refused = {"anonymous": {"L"}, "admin": set("+0NL-")}.get(role, {"N"})
    assert {route: found for route, found in letters.items() if found not in refused} == {}


def admin_path(url: Url) -> str:
    """The address of a settings page; the row in it need not exist."""
    route = url.route.replace("(?P<url>.*)$", "nowhere")
    if "(?P<app_label>" in route:
        route = "admin/accounts/"
    return "/" + re.sub(r"<[^>]*>", "1", route)
