"""The escalation ladder of an incident page: what was asked, what came of it, what comes next, in a few queries."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from communications.models import Delivery
from escalation.duetimes import RuleSpec
from escalation.engine.wording import role_words
from escalation.models import Escalation, EscalationRule, EscalationTimer, Page
from incidents.models import Incident, Responder
from oncall.models import EscalationRole

Kind, State = EscalationTimer.Kind, EscalationTimer.State
ROLES = [str(role) for role in EscalationRole.values]
_SOON = {
    Kind.NEXT: "Next in line, if nobody answers",
    Kind.REPEAT: "Asked again",
    Kind.EXPIRY: "Still with it?",
}


@dataclass
class Rung:
    """One line: ``state`` is a step's look (common.presentation.STEPS); ``due_at`` runs, ``at`` has been."""

    state: str
    who: str
    what: str = ""
    at: datetime | None = None
    due_at: datetime | None = None
    page: Page | None = None
    can_page_now: str = ""
    parts: list[str] = field(default_factory=list)


@dataclass
class Ladder:
    """An incident's escalation as it stands. ``holders`` have it; ``mine`` waits for the viewer's answer.

    ``not_joined`` are those whom a drill would have paged: nothing goes out to who takes no part.
    """

    rungs: list[Rung]
    holders: list[Page]
    mine: Page | None
    is_exhausted: bool
    next_due: EscalationTimer | None
    not_joined: list[str] = field(default_factory=list)


def ladder(incident: Incident, viewer_pk: int | None) -> Ladder:
    """Return the ladder of the present epoch, with the answers since the incident was opened; empty for a report."""
    escalation = Escalation.objects.filter(incident=incident).first()
    first = escalation.first_epoch if escalation else incident.epoch
    pages = list(
        Page.objects.filter(incident=incident, epoch__gte=first).select_related("user").order_by("pk")
    )
    timers = list(incident.timers.filter(epoch=incident.epoch).order_by("due_at", "pk"))
    newest = _newest(pages)
    armed = [timer for timer in timers if timer.state == State.ARMED and timer.kind != Kind.EXPIRY]
    return Ladder(
        rungs=_Builder(incident, timers, newest, _times_asked(pages)).rungs(),
        holders=[page for page in newest if page.state == Page.State.ACKNOWLEDGED and page.needs_answer],
        mine=next((p for p in newest if p.user_id == viewer_pk and p.state == Page.State.OPEN), None),
        is_exhausted=bool(escalation and escalation.exhausted_at) and incident.is_active,
        next_due=armed[0] if armed and incident.is_active else None,
        not_joined=_not_joined(incident) if incident.is_drill and incident.is_active else [],
    )


def _not_joined(incident: Incident) -> list[str]:
    """Return the names of those whose page was held back, and who still take no part, in order."""
    held_back = Delivery.objects.filter(
        incident=incident, kind=Delivery.Kind.PAGE, state=Delivery.State.SUPPRESSED, user__isnull=False
    )
    present = Responder.objects.filter(incident=incident, left_at=None).values("user")
    people = User.objects.filter(pk__in=held_back.values("user")).exclude(pk__in=present)
    return [str(person) for person in people.order_by("name")]


def _newest(pages: list[Page]) -> list[Page]:
    """Return each person's newest page in each role: repeats are the same request."""
    newest: dict[tuple[str, str, int], Page] = {}
    for page in pages:
        newest[page.role, page.user_label, page.position] = page
    return list(newest.values())


def _times_asked(pages: list[Page]) -> Counter[tuple[str, str]]:
    """Return how often each person was asked in each role: by the pages they got themselves."""
    return Counter((page.role, page.user_label) for page in pages if page.needs_answer)


class _Builder:
    def __init__(
        self,
        incident: Incident,
        timers: list[EscalationTimer],
        pages: list[Page],
        asked: Counter[tuple[str, str]],
    ) -> None:
        self.incident, self.timers, self.asked = incident, timers, asked
        self.pages: dict[str, list[Page]] = defaultdict(list)
        for page in pages:
            self.pages[page.role].append(page)
        self.deliveries = _deliveries(pages)

    def rungs(self) -> list[Rung]:
        rules = {timer.role: timer for timer in self.timers if timer.kind == Kind.RULE}
        found: list[Rung] = []
        for role in ROLES:
            if role in rules:
                found += self._role(role, rules[role])
            elif self.pages.get(role):
                found += self._asked(role)
        for role in sorted(set(self.pages) - set(ROLES)):
            found += self._asked(role)
        return found

    def _role(self, role: str, timer: EscalationTimer) -> list[Rung]:
        asked = self._asked(role)
        rule = RuleSpec.from_json(timer.rule) if timer.rule else None
        words = ", ".join(filter(None, [rule.words, rule.condition_words])) if rule else ""
        name = role_words(role)
        if rule and rule.action == EscalationRule.Action.AGENDA:
            return [*asked, Rung("agenda", name, rule.words, due_at=timer.due_at, can_page_now=role)]
        if timer.state == State.CANCELLED:
            return [
                *asked,
                Rung("cancelled", name, f"{timer.note}: was {words}", at=timer.settled_at, can_page_now=role),
            ]
        if timer.state == State.ARMED:
            return [*asked, Rung("due", name, words, due_at=timer.due_at, can_page_now=role)]
        if not asked:
            return [
                Rung(
                    "gap", name, timer.note or "Nobody could be asked", at=timer.settled_at, can_page_now=role
                )
            ]
        people = [rung for rung in asked if rung.page] or asked
        people[-1].can_page_now = role
        return asked

    def _asked(self, role: str) -> list[Rung]:
        """Return a rung for each person asked in a role, and for what comes next in it."""
        rungs = [self._person(page) for page in self.pages.get(role, [])]
        waiting = [
            t
            for t in self.timers
            if t.role == role and t.state == State.ARMED and t.kind in (Kind.NEXT, Kind.REPEAT)
        ]
        rungs += [Rung("waiting", role_words(role), _SOON[Kind(t.kind)], due_at=t.due_at) for t in waiting]
        return rungs

    def _person(self, page: Page) -> Rung:
        deliveries = self.deliveries.get(page.pk, [])
        words = (
            [str(page.get_state_display())] if page.state != Page.State.OPEN or not page.needs_answer else []
        )
        if not page.needs_answer:
            words = ["Told; no answer asked"]
        times = self.asked[page.role, page.user_label]
        if times > 1 and page.state == Page.State.OPEN:
            words.append("asked twice" if times == 2 else f"asked {times} times")
        if page.note and page.state in (Page.State.DECLINED, Page.State.STOPPED):
            words.append(page.note)
        words += [page.reason, *map(_delivery_words, deliveries)]
        return Rung(
            state=_look(page, deliveries),
            who=f"{role_words(page.role)} · {page.user_label}",
            what="; ".join(words),
            at=page.answered_at or page.created_at,
            page=page,
        )


def _look(page: Page, deliveries: list[Delivery]) -> str:
    if page.state != Page.State.OPEN:
        return str(page.state)
    outside = [d for d in deliveries if d.transport != Delivery.Transport.IN_APP]
    if outside and all(d.state == Delivery.State.FAILED for d in outside):
        return "failed"
    return "late" if page.late_seconds > 60 else "fired"


def _deliveries(pages: list[Page]) -> dict[int, list[Delivery]]:
    topics = {f"page:{page.pk}": page.pk for page in pages}
    found: dict[int, list[Delivery]] = defaultdict(list)
    for delivery in Delivery.objects.filter(topic__in=topics).order_by("due_at", "pk"):
        found[topics[delivery.topic]].append(delivery)
    return found


def _delivery_words(delivery: Delivery) -> str:
    """Return "mail delivered", "mail not delivered (550 no such user)", "mail waiting"."""
    words = {
        Delivery.State.QUEUED: "waiting",
        Delivery.State.CLAIMED: "being sent",
        Delivery.State.DELIVERED: "delivered",
        Delivery.State.CANCELLED: "not needed any more",
        Delivery.State.SUPPRESSED: "would have been sent (drill)",
    }
    name = delivery.get_transport_display()
    if delivery.state == Delivery.State.FAILED:
        return (
            f"{name} not delivered ({delivery.last_error})"
            if delivery.last_error
            else f"{name} not delivered"
        )
    return f"{name} {words[Delivery.State(delivery.state)]}"
