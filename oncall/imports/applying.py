"""Carries a plan over: everything in one transaction, or nothing. A rehearsal does the same and takes it back."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.text import slugify

from accounts import audit
from accounts.actor import Actor
from accounts.models import Team, User, validate_time_zone
from accounts.write import action
from common import clock, zones
from common.errors import DomainError, Invalid
from common.text import clean_line
from oncall.actions import MemberRow, WindowRow, succeed_layer
from oncall.foreign.actions import checked_url
from oncall.imports.plan import LayerPlan, OverridePlan, PersonPlan, Plan, PolicyPlan, SchedulePlan
from oncall.models import (
    EscalationRole,
    ForeignCalendar,
    ImportedObject,
    Layer,
    LayerMember,
    LayerWindow,
    Override,
    RoleTarget,
    Schedule,
)
from oncall.shiftchanges import look_again

Kind = ImportedObject.Kind
LONGEST_INTERVAL, HIGHEST_PRIORITY = 365, 32_767


@dataclass(frozen=True, slots=True)
class Options:
    """``create_users``: make people who are not here. ``leave_gaps``: let nobody stand for them. ``policy`` fills
    ``team``'s on-call role."""

    create_users: bool = False
    leave_gaps: bool = False
    team: Team | None = None
    policy: str = ""


@dataclass(slots=True)
class Report:
    """What was, or would be, done: (kind, name, outcome) for each object; and who of the rotas is nobody here."""

    lines: list[tuple[str, str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


class _Rehearsed(Exception):
    """Takes a rehearsal back."""


def carry_over(*, by: Actor, plan: Plan, options: Options, apply: bool) -> Report:
    """Carry a plan over, or rehearse it; return what was done. What could not be is added to ``plan.problems``.

    Raises ``Invalid`` if somebody of a rota is nobody here and gaps were not asked for; nothing is saved then.
    """
    report = Report()
    with suppress(_Rehearsed):
        _carry_over(by=by, plan=plan, options=options, report=report, apply=apply)
    return report


@action
def _carry_over(*, by: Actor, plan: Plan, options: Options, report: Report, apply: bool) -> None:
    work = _Import(by, plan, options, report)
    work.people()
    if report.missing and apply and not options.leave_gaps:
        raise Invalid(
            "These people are nobody here, and their turns would have nobody: " + ", ".join(report.missing)
        )
    for schedule in plan.schedules.values():
        work.schedule(schedule)
    for policy in plan.policies.values():
        work.policy(policy)
    audit.record(
        by=by,
        action="oncall.imported",
        about=plan.label,
        data={"lines": len(report.lines), "problems": len(plan.problems)},
    )
    if not apply:
        raise _Rehearsed


class _Import:
    """One import, within its transaction."""

    def __init__(self, by: Actor, plan: Plan, options: Options, report: Report) -> None:
        self.by, self.plan, self.options, self.report = by, plan, options, report
        self.now = clock.now()
        self.users: dict[str, User] = {}
        rows = ImportedObject.objects.select_for_update().filter(system=plan.system)
        self.known = {(row.kind, row.external_id): row for row in rows}

    # --- people -----------------------------------------------------------------------------------

    def people(self) -> None:
        """Find everybody by an earlier import or by mail address; make them if asked to."""
        by_mail = {user.email.casefold(): user for user in User.objects.all()}
        by_pk = {user.pk: user for user in by_mail.values()}
        for person in self.plan.people.values():
            row = self.known.get((Kind.USER, person.id))
            user = by_pk.get(row.object_pk) if row else by_mail.get(person.email.casefold())
            if user is None and self.options.create_users and "@" in person.email:
                user = self._create_person(person)
                self._say("person", user.name, "created")
            if user is None:
                continue
            if not user.is_active:
                self.plan.lacks(f"person {user}", "They can no longer sign in here, so nobody would answer.")
            self.users[person.id] = user
            self._remember(Kind.USER, person.id, user, "")
        for key in self._named():
            if key not in self.users:
                self.report.missing.append(self._name(key))

    def _create_person(self, person: PersonPlan) -> User:
        username = base = slugify(person.email.partition("@")[0])[:140] or "person"
        number = 1
        while User.objects.filter(username=username).exists():
            number += 1
            username = f"{base}-{number}"
        zone = person.time_zone if person.time_zone in zones.names() else "UTC"
        # Without a password: they set one by “Forgot your password?”. Pages reach them by mail from the start.
        name = clean_line(person.name, limit=120) or username
        return User.objects.create_user(username, person.email, None, name=name, time_zone=zone)

    def _named(self) -> list[str]:
        """Return the ids that rotas and overrides name, each once."""
        found: dict[str, None] = {}
        for schedule in self.plan.schedules.values():
            for layer in schedule.layers:
                found.update(dict.fromkeys(key for key in layer.members if key is not None))
            for row in schedule.overrides:
                if row.ends_at > self.now:
                    found[row.user] = None
        return list(found)

    def _name(self, key: str) -> str:
        person = self.plan.people.get(key)
        return f"{person.name} <{person.email}>" if person else f"user {key} (in none of the files)"

    # --- schedules --------------------------------------------------------------------------------

    def schedule(self, plan: SchedulePlan) -> None:
        """Make a schedule, or bring the one of an earlier import up to date."""
        row = self.known.get((Kind.SCHEDULE, plan.id))
        schedule = Schedule.objects.filter(pk=row.object_pk).first() if row else None
        if row is not None and schedule is None:
            self.plan.lacks(
                f"schedule {plan.name}", "It was imported before and removed here since: left alone."
            )
            return
        if schedule is None:
            schedule = self._create_schedule(plan)
            if schedule is None:
                return
        elif schedule.time_zone != plan.time_zone:
            self.plan.lacks(
                f"schedule {schedule}", f"Its zone is {plan.time_zone} there: change it here by hand."
            )
        before = len(self.report.lines)
        for layer in plan.layers:
            self._layer(schedule, layer)
        self._overrides(schedule, plan.overrides)
        if any(line[2] != "unchanged" for line in self.report.lines[before:]):
            look_again(schedule.pk, self.now)

    def _create_schedule(self, plan: SchedulePlan) -> Schedule | None:
        if plan.time_zone not in zones.names():
            self.plan.lacks(f"schedule {plan.name}", f"{plan.time_zone[:60]!r} is not a time zone.")
            return None
        validate_time_zone(plan.time_zone)
        name = clean_line(plan.name, limit=90) or plan.id
        if Schedule.objects.filter(name=name).exists():
            name = f"{name} ({self.plan.label})"
        slug = base = slugify(name)[:40] or "schedule"
        number = 1
        while Schedule.objects.filter(slug=slug).exists():
            number += 1
            slug = f"{base}-{number}"
        if Schedule.objects.filter(name=name).exists():
            name = f"{name} {number}"
        schedule = Schedule.objects.create(
            name=name, slug=slug, time_zone=plan.time_zone, team=self.options.team
        )
        self._remember(Kind.SCHEDULE, plan.id, schedule, "")
        self._say("schedule", name, "created")
        return schedule

    # --- layers -----------------------------------------------------------------------------------

    def _layer(self, schedule: Schedule, plan: LayerPlan) -> None:
        where = f"layer {plan.name} of {schedule}"
        if not 1 <= plan.interval <= LONGEST_INTERVAL or plan.priority > HIGHEST_PRIORITY:
            self.plan.lacks(where, "Its turns or its level are too large for a layer here.")
            return
        members = [self.users.get(key) if key is not None else None for key in plan.members]
        if plan.mode == Layer.Mode.EVERYONE:
            members = [user for user in members if user is not None]
        mark = _fingerprint([*astuple(plan), [user.pk if user else None for user in members]])
        row = self.known.get((Kind.LAYER, plan.id))
        if row is None:
            self._new_layer(schedule, plan, members, mark)
        elif row.fingerprint == mark:
            self._say("layer", where.removeprefix("layer "), "unchanged")
        else:
            self._changed_layer(row, where, plan, members, mark)

    def _new_layer(self, schedule: Schedule, plan: LayerPlan, members: list[User | None], mark: str) -> None:
        where = f"{plan.name} of {schedule}"
        if plan.ends_at is not None and plan.ends_at <= self.now:
            self._say("layer", where, "over, left out")
            return
        feed = self._feed(schedule, plan) if plan.feed else None
        if plan.feed and feed is None:
            return
        # Before now Allclear was not asked: the layer counts from now, or from its start if that is to come.
        begin = max(self.now, plan.starts_at or self.now)
        layer = Layer.objects.create(schedule=schedule, effective_from=begin, feed=feed, **_fields(plan))
        LayerMember.objects.bulk_create(
            LayerMember(layer=layer, user=user, position=n) for n, user in enumerate(members)
        )
        LayerWindow.objects.bulk_create(
            LayerWindow(layer=layer, weekday=w.weekday, starts=w.starts, ends=w.ends) for w in plan.windows
        )
        self._remember(Kind.LAYER, plan.id, layer, mark)
        self._say("layer", where, "created")

    def _feed(self, schedule: Schedule, plan: LayerPlan) -> ForeignCalendar | None:
        try:
            url = checked_url(plan.feed)
        except Invalid as error:
            self.plan.lacks(
                f"layer {plan.name} of {schedule}", f"Its calendar cannot be read: {error.sentence}"
            )
            return None
        return ForeignCalendar.objects.create(
            purpose=ForeignCalendar.Purpose.SHIFTS, name=f"{schedule} ({self.plan.label})"[:120], url=url,
            due_at=self.now,
        )  # fmt: skip

    def _changed_layer(
        self, row: ImportedObject, where: str, plan: LayerPlan, members: list[User | None], mark: str
    ) -> None:
        """Close the layer and let a changed one succeed it; what was on call stays history."""
        layer = Layer.objects.filter(pk=row.object_pk).select_related("schedule").first()
        if layer is None or (layer.effective_until is not None and layer.effective_until <= self.now):
            self.plan.lacks(where, "It was imported before and has ended or gone here since: left alone.")
            return
        try:
            changed = succeed_layer(
                by=self.by,
                layer=layer,
                members=[MemberRow(user) for user in members],
                windows=[WindowRow(w.weekday, w.starts, w.ends) for w in plan.windows],
                changes=_fields(plan),
                at=self.now,
            )
        except DomainError as error:
            self.plan.lacks(where, error.sentence)
            return
        self._remember(Kind.LAYER, plan.id, changed, mark)
        self._say("layer", where.removeprefix("layer "), "changed from now on")

    # --- overrides --------------------------------------------------------------------------------

    def _overrides(self, schedule: Schedule, plans: Iterable[OverridePlan]) -> None:
        over = 0
        for plan in plans:
            if plan.ends_at <= max(self.now, plan.starts_at):
                over += 1
                continue
            self._override(schedule, plan)
        if over:
            self._say("override", f"{over} of {schedule}", "over, left out")

    def _override(self, schedule: Schedule, plan: OverridePlan) -> None:
        user = self.users.get(plan.user)
        replaces = self.users.get(plan.replaces) if plan.replaces else None
        where = f"{self._name(plan.user)} in {schedule} from {plan.starts_at:%Y-%m-%d %H:%M %Z}"
        if user is None or (plan.replaces and replaces is None):
            self.plan.lacks(f"override: {where}", "It names somebody who is nobody here.")
            return
        key, mark = f"{schedule.pk}:{plan.id}", _fingerprint([*astuple(plan), user.pk])
        row = self.known.get((Kind.OVERRIDE, key))
        if row is not None and row.fingerprint == mark:
            self._say("override", where, "unchanged")
            return
        values: dict[str, Any] = {
            "kind": plan.kind,
            "user": user,
            "replaces": replaces,
            "starts_at": max(plan.starts_at, self.now),
            "ends_at": plan.ends_at,
        }
        if row is None:
            override = Override.objects.create(
                schedule=schedule, reason=f"From {self.plan.label}", created_by=self.by.user, **values
            )
            self._remember(Kind.OVERRIDE, key, override, mark)
            self._say("override", where, "created")
            return
        held = Override.objects.select_for_update().filter(pk=row.object_pk, starts_at__gt=self.now)
        if not held.update(**values):
            self.plan.lacks(f"override: {where}", "It has begun or gone here: change it by hand.")
            return
        ImportedObject.objects.filter(pk=row.pk).update(fingerprint=mark, imported_at=self.now)
        self._say("override", where, "changed")

    # --- escalation -------------------------------------------------------------------------------

    def policy(self, plan: PolicyPlan) -> None:
        """Let the chosen policy's steps fill the team's on-call role; say of every other what it would take."""
        if self.options.policy not in (plan.id, plan.name) or self.options.team is None:
            steps = f"{len(plan.steps)} step{'' if len(plan.steps) == 1 else 's'}"
            why = f"Its {steps} can fill a team's on-call role: --team SLUG --policy {plan.id}."
            self.plan.lacks(f"escalation policy {plan.name}", why)
            return
        team = self.options.team
        rows = RoleTarget.objects.filter(team=team, role=EscalationRole.ON_CALL)
        ours = {row.object_pk for (kind, _), row in self.known.items() if kind == Kind.TARGET}
        if rows.exclude(pk__in=ours).exists():
            self.plan.lacks(
                f"escalation policy {plan.name}", f"{team} has role targets of its own: left alone."
            )
            return
        for position, targets in enumerate(plan.steps):
            for kind, key in targets:
                self._target(plan, team, position, kind, key)
        self.plan.lacks(
            f"escalation policy {plan.name}",
            "How long each step waits is not carried over: here the matrix says when whom.",
        )

    def _target(self, plan: PolicyPlan, team: Team, position: int, kind: str, key: str) -> None:
        where = f"step {position + 1} of {plan.name}"
        row = self.known.get((Kind.SCHEDULE, key))
        schedule = Schedule.objects.filter(pk=row.object_pk).first() if row and kind == "schedule" else None
        user = self.users.get(key) if kind == "user" else None
        if schedule is None and user is None:
            self.plan.lacks(where, f"Its target, a {kind}, is not here.")
            return
        name = f"{plan.id}:{position}:{kind}:{key}:{team.pk}"
        if (Kind.TARGET, name) in self.known:
            self._say("role target", where, "unchanged")
            return
        target = RoleTarget.objects.create(
            role=EscalationRole.ON_CALL, team=team, position=position, schedule=schedule, user=user
        )
        self._remember(Kind.TARGET, name, target, "")
        self._say("role target", f"{where}: {schedule or user}", "created")

    # --- memory -----------------------------------------------------------------------------------

    def _remember(self, kind: str, key: str, row: Model, mark: str) -> None:
        values = {"object_pk": row.pk, "fingerprint": mark, "imported_at": self.now}
        known = self.known.get((kind, key))
        if known is not None and (known.object_pk, known.fingerprint) == (row.pk, mark):
            return
        found, _ = ImportedObject.objects.update_or_create(
            system=self.plan.system, kind=kind, external_id=key[:200], defaults=values
        )
        self.known[kind, key] = found

    def _say(self, kind: str, name: str, outcome: str) -> None:
        self.report.lines.append((kind, name, outcome))


def _fields(plan: LayerPlan) -> dict[str, Any]:
    """Return the columns of a layer that a plan says."""
    return {
        "name": clean_line(plan.name, limit=120) or "Layer",
        "priority": plan.priority,
        "mode": plan.mode,
        "unit": plan.unit,
        "interval": plan.interval,
        "anchor_date": plan.anchor.date(),
        "handoff_time": plan.anchor.time(),
        "effective_until": plan.ends_at,
    }


def _fingerprint(values: list[Any]) -> str:
    def plain(value: Any) -> Any:
        return value.isoformat() if isinstance(value, datetime) else value

    return hashlib.sha256(repr([plain(value) for value in values]).encode()).hexdigest()
