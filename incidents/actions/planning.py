"""Checkpoints (R25) and time-boxed tasks (R09): rows with a due time and a reminder each."""

from datetime import datetime

from accounts.actor import Actor
from accounts.models import User
from accounts.write import action
from common import clock
from common.clock import When
from common.errors import Invalid, NotAllowed
from common.text import clean, clean_line
from incidents.access import is_commander, require_commander_or_lead, require_responder
from incidents.events import record
from incidents.models import Checkpoint, EventKind, Incident, Reminder, Task
from incidents.state import InvalidTransition, locked


@action
def set_checkpoint(
    *, by: Actor, incident: Incident, due_at: When, question: str, owner: User | None = None
) -> Checkpoint:
    """Set a time at which a question is answered; return the checkpoint. Its owner is reminded then, once."""
    require_responder(by)
    incident = _active(incident)
    question = clean_line(question, limit=200)
    if not question:
        raise Invalid("Say what is to be asked then.", field="question")
    checkpoint = Checkpoint.objects.create(
        incident=incident, due_at=_future(due_at), question=question, owner=owner or by.user
    )
    _remind(incident, Reminder.Kind.CHECKPOINT, checkpoint.pk, checkpoint.due_at)
    data = {"question": question, "due_at": checkpoint.due_at.isoformat(), "checkpoint": checkpoint.pk,
            "owner": checkpoint.owner_id, "owner_label": str(checkpoint.owner or "")}  # fmt: skip
    record(incident, EventKind.CHECKPOINT_SET, by=by, data=data)
    return checkpoint


@action
def finish_checkpoint(*, by: Actor, checkpoint: Checkpoint, answer: str = "") -> Checkpoint:
    """Answer a checkpoint; return it. Answered twice is answered once."""
    require_responder(by)
    incident, answer = locked(checkpoint.incident), clean(answer, limit=4_000)
    if Checkpoint.objects.filter(pk=checkpoint.pk, done_at=None).update(done_at=clock.now(), answer=answer):
        _forget(incident, Reminder.Kind.CHECKPOINT, checkpoint.pk)
        record(
            incident, EventKind.CHECKPOINT_DONE, by=by, text=answer, data={"question": checkpoint.question}
        )
    checkpoint.refresh_from_db()
    return checkpoint


@action
def assign_task(*, by: Actor, incident: Incident, title: str, assignee: User, due_at: When) -> Task:
    """Ask somebody to do something by a time; return the task (R09: the Technical Lead's, or the commander's)."""
    incident = _active(incident)
    require_commander_or_lead(by, incident, "hand out tasks")
    title = clean_line(title, limit=200)
    if not title:
        raise Invalid("Say what is to be done.", field="title")
    if not assignee.can_respond:
        raise Invalid(
            f"{assignee} cannot respond: the account is inactive or may only look.", field="assignee"
        )
    task = Task.objects.create(incident=incident, title=title, assignee=assignee, due_at=_future(due_at))
    _remind(incident, Reminder.Kind.TASK, task.pk, task.due_at)
    data = {"title": title, "assignee": assignee.pk, "assignee_label": str(assignee), "due_at": task.due_at.isoformat(),
            "task": task.pk}  # fmt: skip
    record(incident, EventKind.TASK_ASSIGNED, by=by, data=data)
    return task


@action
def finish_task(*, by: Actor, task: Task, result: str = "") -> Task:
    """Report a task as done; return it. Its assignee may, and the commander."""
    require_responder(by)
    incident, result = locked(task.incident), clean(result, limit=4_000)
    if (by.user is None or task.assignee_id != by.user.pk) and not is_commander(by, incident):
        raise NotAllowed("Only who was asked, or the Incident Commander, can finish this.")
    if Task.objects.filter(pk=task.pk, done_at=None).update(done_at=clock.now(), result=result):
        _forget(incident, Reminder.Kind.TASK, task.pk)
        record(incident, EventKind.TASK_DONE, by=by, text=result, data={"title": task.title, "task": task.pk})
    task.refresh_from_db()
    return task


def _active(incident: Incident) -> Incident:
    incident = locked(incident)
    if not incident.is_active:
        raise InvalidTransition(incident, incident.status)
    return incident


def _future(when: When) -> datetime:
    due_at = clock.instant(when)
    if due_at <= clock.now():
        raise Invalid("This time is in the past.", field="due_at")
    return due_at


def _remind(incident: Incident, kind: str, pk: int, due_at: datetime) -> None:
    Reminder.objects.create(incident=incident, kind=kind, key=str(pk), target_id=pk, due_at=due_at)


def _forget(incident: Incident, kind: str, pk: int) -> None:
    Reminder.objects.filter(incident=incident, kind=kind, key=str(pk), state=Reminder.State.ARMED).update(
        state=Reminder.State.CANCELLED
    )
