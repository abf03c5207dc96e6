"""What has happened at the demo's company: one function a story, oldest first."""

from datetime import timedelta

from accounts.actor import Actor
from accounts.models import User
from communications.actions import publish_update
from config.demo.people import API, DATABASE, REPORTS, WEB, WEBHOOKS
from config.demo.teller import Teller
from escalation.actions import acknowledge
from incidents import actions
from incidents.models import GateDefinition, Incident, PhaseStep

MONITORING = Actor.machine("Demo monitoring", "alert")


def webhooks_down(t: Teller) -> None:
    """SEV-1 at night: the first person sleeps through it, a roll-back ends it."""
    t.begin(days=41, hour=2, minute=10)
    incident = t.tell(
        0,
        actions.declare,
        MONITORING,
        title="Webhooks answer 500 for every customer",
        severity=1,
        components=t.components(WEBHOOKS),
        description="5xx rate 98 % since 02:06. No event is taken in.",
        source=Incident.Source.ALERT,
        impact_started_at=t.instant(-4),
    )
    t.until(t.instant(6))
    second = t.on_call(incident)
    t.tell(7, acknowledge, second, incident=incident)
    t.tell(9, actions.take_role, "alice", incident=incident, role="commander")
    t.tell(10, actions.take_role, second, incident=incident, role="tech_lead")
    _tick(t, 10.5, second, incident, "List the pods", "Follow the newest log lines")
    t.tell(
        12,
        actions.hypothesise,
        second,
        incident=incident,
        theory="Release v812 cannot read the new signing keys",
        evidence="First error two minutes after the rollout; “unknown key id” in every trace.",
        fix_strategy="Roll back to v811, then rotate the keys again.",
    )
    t.tell(13, actions.take_role, "carol", incident=incident, role="comms_lead")
    _update(t, 14, "carol", incident, "No webhook is accepted.", "Looking at release v812.", "unknown")
    t.tell(
        16,
        actions.decide,
        "alice",
        incident=incident,
        choice="Roll back to v811",
        reason="Every minute costs events; the roll-back is known to work.",
        alternatives="Patch the key lookup (an hour at least).",
        undo_note="Deploy v812 again.",
    )
    t.tell(
        17, actions.change_status, "alice", incident=incident, to="mitigating", note="Rolling back to v811."
    )
    t.tell(
        24,
        actions.add_note,
        second,
        incident=incident,
        kind="action",
        text="`kubectl rollout undo deployment/webhook-intake` finished; 5xx at **0.4 %**.",
    )
    _update(
        t, 27, "carol", incident, "Webhooks are taken in again.", "Watching after the roll-back.", "30 min"
    )
    _monitor_and_resolve(t, 31, 64, "alice", incident, "Rolled back to v811; keys rotated again.")


def late_reports(t: Teller) -> None:
    """SEV-3 in office hours."""
    t.begin(days=33, hour=9, minute=20)
    incident = t.tell(
        0,
        actions.declare,
        "carol",
        title="Nightly reports arrive two hours late",
        severity=3,
        components=t.components(REPORTS),
        description="Three customers asked. Yesterday's came at 08:10 instead of 06:00.",
    )
    responder = t.on_call(incident)
    t.tell(18, acknowledge, responder, incident=incident)
    t.tell(20, actions.take_role, "hana", incident=incident, role="commander")
    t.tell(44, actions.add_note, responder, incident=incident, kind="evidence",
           text="pg_stat_activity: the vacuum of runs holds the reports back since the table doubled.")  # fmt: skip
    t.tell(60, actions.change_status, "hana", incident=incident, to="mitigating",
           note="Moving the vacuum to the afternoon.")  # fmt: skip
    _update(
        t, 61, "hana", incident, "Reports are late, none is missing.", "Moving the vacuum.", "tomorrow 06:00"
    )
    _monitor_and_resolve(t, 150, 215, "hana", incident, "The vacuum runs at 14:00 now; reports were on time.")


def slow_sign_in(t: Teller) -> None:
    """SEV-2 of Web in New York's morning."""
    t.begin(days=26, hour=14, minute=40)
    incident = t.tell(
        0,
        actions.declare,
        "carol",
        title="Signing in takes twenty seconds",
        severity=2,
        components=t.components(WEB),
        description="Since the session store moved. Pages are fine once one is in.",
        impact_started_at=t.instant(-35),
    )
    responder = t.on_call(incident)
    t.tell(3, acknowledge, responder, incident=incident)
    t.tell(5, actions.take_role, "dan", incident=incident, role="commander")
    t.tell(6, actions.take_role, "grace", incident=incident, role="tech_lead")
    t.tell(7, actions.take_role, "carol", incident=incident, role="comms_lead")
    _update(
        t, 20, "carol", incident, "Signing in is slow for everybody.", "Looking at the session store.", "1 h"
    )
    t.tell(26, actions.hypothesise, "grace", incident=incident, theory="The new store has no index on the key",
           evidence="Each look-up scans 4 million rows.", fix_strategy="Create the index without a lock.")  # fmt: skip
    t.tell(31, actions.change_status, "grace", incident=incident, to="mitigating",
           note="Creating the index; about ten minutes.")  # fmt: skip
    _update(t, 48, "carol", incident, "Signing in is getting faster.", "The index is being built.", "15 min")
    _monitor_and_resolve(t, 58, 92, "dan", incident, "Index created; 95 % of sign-ins under 0.4 s.")


def drill(t: Teller) -> None:
    """A rehearsal: it pages nobody but those who take part, and counts in no figure."""
    t.begin(days=22, hour=13, minute=0)
    incident = t.tell(
        0,
        actions.declare,
        "alice",
        title="Lose the database replica",
        severity=2,
        components=t.components(DATABASE),
        is_drill=True,
    )
    t.tell(2, actions.take_role, "alice", incident=incident, role="commander")
    t.tell(11, actions.add_note, "ivan", incident=incident, text="Reads moved to the primary by hand: 9 min.")
    _monitor_and_resolve(t, 25, 40, "alice", incident, "Found: the runbook names a host that is gone.")


def false_alarm(t: Teller) -> None:
    """An alert that was none."""
    t.begin(days=15, hour=11, minute=5)
    incident = t.tell(
        0,
        actions.declare,
        MONITORING,
        title="Public API: error rate above 5 %",
        severity=2,
        components=t.components(API),
        source=Incident.Source.ALERT,
    )
    responder = t.on_call(incident)
    t.tell(2, acknowledge, responder, incident=incident)
    t.tell(4, actions.take_role, "alice", incident=incident, role="commander")
    t.tell(9, actions.cancel, "alice", incident=incident,
           reason="The probe itself was down: 60 requests, 4 of them cut off by its restart.")  # fmt: skip


def out_of_connections(t: Teller) -> None:
    """SEV-2 that turned out to be a SEV-1; the first theory was wrong."""
    t.begin(days=12, hour=10, minute=30)
    incident = t.tell(
        0,
        actions.declare,
        "ivan",
        title="Database refuses connections now and then",
        severity=2,
        components=t.components(DATABASE),
        description="“remaining connection slots are reserved” in three services.",
        impact_started_at=t.instant(-12),
    )
    t.tell(1, acknowledge, t.on_call(incident), incident=incident)
    t.tell(2, actions.take_role, "hana", incident=incident, role="commander")
    t.tell(3, actions.take_role, "ivan", incident=incident, role="tech_lead")
    t.tell(5, actions.hypothesise, "ivan", incident=incident, theory="The new report leaks connections",
           evidence="Deployed this morning.", fix_strategy="Switch the report off.")  # fmt: skip
    t.tell(13, actions.change_severity, "hana", incident=incident, severity=1,
           reason="Webhooks and sign-in fail too: four services of five.")  # fmt: skip
    t.tell(14, actions.take_role, "carol", incident=incident, role="comms_lead")
    _update(t, 16, "carol", incident, "Most pages fail.", "Freeing connections.", "30 min")
    first = incident.hypotheses.get(theory="The new report leaks connections")
    t.tell(19, actions.change_hypothesis, "ivan", hypothesis=first, state="discarded",
           evidence="Switched off: no change after five minutes.")  # fmt: skip
    t.tell(21, actions.hypothesise, "ivan", incident=incident, theory="The pooler restarted with its defaults",
           evidence="pool_size is 500 since the host was patched.", fix_strategy="Put the file back.")  # fmt: skip
    t.tell(23, actions.decide, "hana", incident=incident, choice="Restart the poolers one by one",
           reason="30 s of errors each, instead of an hour of them.", undo_note="None needed.")  # fmt: skip
    t.tell(
        24, actions.change_status, "hana", incident=incident, to="mitigating", note="Restarting the poolers."
    )
    t.tell(29, actions.estimate_impact, "hana", incident=incident, method="estimated", users_min=1800,
           users_likely=2300, users_max=2600, denominator=3100, text="Sessions with at least one error.")  # fmt: skip
    _update(t, 30, "carol", incident, "Pages answer again.", "Watching the connections.", "20 min")
    _monitor_and_resolve(t, 36, 78, "hana", incident, "Pool size pinned in the host's image.")


def wrong_documentation(t: Teller) -> None:
    """SEV-4: nobody loses sleep."""
    t.begin(days=8, hour=10, minute=0)
    incident = t.tell(
        0,
        actions.declare,
        "femi",
        title="Documentation names the wrong retry header",
        severity=4,
        components=t.components(API),
    )
    t.tell(5, actions.take_role, "femi", incident=incident, role="commander")
    t.tell(6, acknowledge, t.on_call(incident), incident=incident)
    t.tell(30, actions.resolve, "alice", incident=incident, note="`Retry-After` it is; page corrected.")


def too_many_requests(t: Teller) -> None:
    """SEV-2 with a twin that was merged into it."""
    t.begin(days=5, hour=8, minute=15)
    incident = t.tell(
        0,
        actions.declare,
        MONITORING,
        title="Public API answers 429 to everyone",
        severity=2,
        components=t.components(API),
        source=Incident.Source.ALERT,
        impact_started_at=t.instant(-3),
    )
    responder = t.on_call(incident)
    t.tell(2, acknowledge, responder, incident=incident)
    twin = t.tell(4, actions.declare, "carol", title="API tokens are rejected", severity=3,
                  components=t.components(API), description="Two customers write that nothing works.")  # fmt: skip
    t.tell(6, actions.take_role, "alice", incident=incident, role="commander")
    t.tell(7, actions.take_role, "carol", incident=twin, role="commander")
    t.tell(8, actions.merge, "carol", incident=twin, into=incident, reason="The same limiter.")
    t.tell(9, actions.take_role, "carol", incident=incident, role="comms_lead")
    _update(t, 15, "carol", incident, "API calls are refused with 429.", "Resetting the limiter.", "15 min")
    t.tell(18, actions.decide, "alice", incident=incident, choice="Switch the limiter off for an hour",
           reason="Its counters are wrong; the load is ordinary.", undo_note="Switch it on again.")  # fmt: skip
    t.tell(19, actions.change_status, "alice", incident=incident, to="mitigating", note="Limiter off.")
    _monitor_and_resolve(t, 24, 55, "alice", incident, "Counters keyed by customer again; limiter back on.")


def yesterdays_numbers(t: Teller) -> None:
    """SEV-3, two days ago."""
    t.begin(days=2, hour=9, minute=45)
    incident = t.tell(
        0,
        actions.declare,
        "grace",
        title="Dashboard shows yesterday's numbers",
        severity=3,
        components=t.components(WEB, REPORTS),
    )
    t.tell(10, actions.take_role, "grace", incident=incident, role="commander")
    t.tell(12, acknowledge, t.on_call(incident), incident=incident)
    _monitor_and_resolve(t, 70, 110, "grace", incident, "Cache key carries the date again.")


def one_in_five(t: Teller) -> None:
    """The open one: SEV-2, being worked on as the visitor arrives."""
    t.begin_at(t.base - timedelta(minutes=24))
    incident = t.tell(
        0,
        actions.declare,
        MONITORING,
        title="One webhook in five is answered with 503",
        severity=2,
        components=t.components(WEBHOOKS),
        description="503 rate 21 % on `webhook-intake`, three of fifteen pods restart in a loop.",
        source=Incident.Source.ALERT,
        impact_started_at=t.instant(-3),
    )
    bob = t.on_call(incident)
    t.tell(2, acknowledge, bob, incident=incident)
    t.tell(4, actions.take_role, "alice", incident=incident, role="commander")
    t.tell(5, actions.take_role, bob, incident=incident, role="tech_lead")
    _tick(t, 6, bob, incident, "List the pods", "Follow the newest log lines", "Error rate trends")
    t.tell(7, actions.add_note, bob, incident=incident, kind="evidence",
           text="webhook-intake-7d9f-2x4kq   0/1   OOMKilled   6\n# only pods on the new nodes")  # fmt: skip
    t.tell(8, actions.take_role, "carol", incident=incident, role="comms_lead")
    t.tell(9, actions.hypothesise, bob, incident=incident, theory="The new nodes have half the memory",
           evidence="All restarts are on `pool-c`.", impact_assessment="A fifth of the events is retried.",
           fix_strategy="Drain pool-c, or raise the limit.")  # fmt: skip
    _update(t, 12, "carol", incident, "One webhook in five is refused; senders retry, nothing is lost so far.",
            "Looking at pods that restart on the new nodes.", "40 min")  # fmt: skip
    t.tell(15, actions.decide, "alice", incident=incident, choice="Drain pool-c now, raise the limit later",
           reason="Draining is quick and can be undone.", alternatives="Raise the limit first: a release.",
           undo_note="kubectl uncordon -l pool=c")  # fmt: skip
    t.tell(16, actions.change_status, "alice", incident=incident, to="mitigating", note="Draining pool-c.")
    t.tell(
        18, actions.add_note, "femi", incident=incident, text="Two of five nodes are empty, 503 at **11 %**."
    )
    t.tell(20, actions.set_checkpoint, "alice", incident=incident, due_at=t.base + timedelta(minutes=12),
           question="Is the 503 rate below 1 %?", owner=bob)  # fmt: skip


def empty_exports(t: Teller) -> None:
    """Waiting in triage: somebody reported it, nobody has decided."""
    t.begin_at(t.base - timedelta(minutes=9))
    t.tell(
        0,
        actions.report,
        "vera",
        title="A customer says that exports are empty",
        description="Acme wrote at lunch: the CSV has a header and no rows since this morning.",
    )


STORIES = (
    webhooks_down,
    late_reports,
    slow_sign_in,
    drill,
    false_alarm,
    out_of_connections,
    wrong_documentation,
    too_many_requests,
    yesterdays_numbers,
    one_in_five,
    empty_exports,
)


def _update(
    t: Teller, minutes: float, by: str, incident: Incident, impact: str, doing: str, eta: str
) -> None:
    t.tell(minutes, publish_update, by, incident=incident, impact=impact, actions=doing, eta=eta)


def _tick(t: Teller, minutes: float, by: User, incident: Incident, *texts: str) -> None:
    for text in texts:
        step = PhaseStep.objects.filter(text=text).first()
        if step is not None:
            t.tell(minutes, actions.tick_step, by, incident=incident, step=step)


def _monitor_and_resolve(
    t: Teller, monitored: float, resolved: float, by: str, incident: Incident, note: str
) -> None:
    """Walk an incident to its end: monitoring, the recovery checks, resolved."""
    t.tell(monitored, actions.change_status, by, incident=incident, to="monitoring", note="Looks well. Watching.",
           rollback_plan="Put the previous state back: the steps are on the timeline.")  # fmt: skip
    evidence = (
        "Back to 0.2 %, as last week.",
        "p95 at 180 ms.",
        "Processor at 40 %.",
        "Runs started as usual.",
    )
    for gate, text in zip(GateDefinition.objects.filter(is_active=True), evidence, strict=False):
        t.tell(
            resolved - 1, actions.record_gate, by, incident=incident, gate=gate, outcome="passed", text=text
        )
    t.tell(resolved, actions.resolve, by, incident=incident, note=note)
