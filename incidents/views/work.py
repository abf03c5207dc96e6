"""The checklist, checkpoints and tasks (R09, R22, R25, R31, R35)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.actor import Actor
from common.errors import NotFound
from common.htmx import is_fragment
from incidents import actions
from incidents.forms import AnswerForm, CheckpointForm, ConfirmForm, TaskForm, TickForm
from incidents.models import Incident, PhaseStep
from incidents.views import panels
from incidents.views.base import Ask, actor, asked, form_page, known, sent, viewer


def _step(pk: int) -> PhaseStep:
    step = PhaseStep.objects.filter(pk=pk).select_related("phase").first()
    if step is None:
        raise NotFound("There is no such step.")
    return step


@form_page
def tick(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Tick a step. One tap for plain steps; checks and changes may bring a note and how to undo them."""
    incident, step = known(request, reference), _step(pk)
    form = TickForm(sent(request), incident=incident)
    ask = Ask(
        step.text, "Tick", "", template="incidents/tick.html", context={"step": step}, back="#checklist"
    )

    def run(by: Actor) -> Any:
        data = form.cleaned_data
        outcome = data["outcome"] or ("passed" if step.kind == PhaseStep.Kind.CHECK else "done")
        note = data["note"]
        return actions.tick_step(
            by=by, incident=incident, step=step, outcome=outcome, note=note, undo_note=data["undo_note"]
        )

    return _panel(request, incident, asked(request, incident, form, ask, run))


@form_page
def clear(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Take a tick back."""
    incident, step = known(request, reference), _step(pk)
    form = ConfirmForm(sent(request), incident=incident)
    ask = Ask(f"Untick “{step.text}”?", "Untick", back="#checklist")
    answer = asked(
        request, incident, form, ask, lambda by: actions.clear_step(by=by, incident=incident, step=step)
    )
    return _panel(request, incident, answer)


def _panel(request: HttpRequest, incident: Incident, answer: HttpResponse) -> HttpResponse:
    """Answer htmx with the whole checklist as it is now, instead of a redirect."""
    if answer.status_code != 302 or not is_fragment(request):
        return answer
    list(messages.get_messages(request))
    return render(request, "incidents/_checklist.html", panels.checklist(incident, viewer(request)))


@form_page
def set_checkpoint(request: HttpRequest, reference: str) -> HttpResponse:
    """Set a time at which the response looks up."""
    incident = known(request, reference)
    form = CheckpointForm(sent(request), incident=incident)
    ask = Ask("Set a checkpoint", "Set", "Set. Its owner is reminded.", back="#work")
    return asked(
        request, incident, form, ask,
        lambda by: actions.set_checkpoint(
            by=by, incident=incident, due_at=form.cleaned_data["due_in"], question=form.cleaned_data["question"],
            owner=form.cleaned_data["owner"], idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def finish_checkpoint(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Answer a checkpoint."""
    incident = known(request, reference)
    checkpoint = incident.checkpoints.filter(pk=pk).first()
    if checkpoint is None:
        raise NotFound("There is no such checkpoint.")
    form = AnswerForm(sent(request), incident=incident)
    ask = Ask(checkpoint.question, "Answer", "Answered.", back="#work")
    return asked(
        request, incident, form, ask,
        lambda by: actions.finish_checkpoint(
            by=by, checkpoint=checkpoint, answer=form.cleaned_data["answer"], idempotency_key=form.key
        ),
    )  # fmt: skip


@form_page
def assign_task(request: HttpRequest, reference: str) -> HttpResponse:
    """Ask somebody to do something by a time."""
    incident = known(request, reference)
    form = TaskForm(sent(request), incident=incident)
    ask = Ask("Hand out a task", "Hand out", "Handed out.", back="#work")
    return asked(
        request, incident, form, ask,
        lambda by: actions.assign_task(
            by=by, incident=incident, title=form.cleaned_data["title"], assignee=form.cleaned_data["assignee"],
            due_at=form.cleaned_data["due_in"], idempotency_key=form.key,
        ),
    )  # fmt: skip


@form_page
def finish_task(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Report a task as done."""
    incident, _ = known(request, reference), actor(request)
    task = incident.tasks.filter(pk=pk).first()
    if task is None:
        raise NotFound("There is no such task.")
    form = AnswerForm(sent(request), incident=incident)
    ask = Ask(task.title, "Done", "Done.", back="#work")
    return asked(
        request, incident, form, ask,
        lambda by: actions.finish_task(
            by=by, task=task, result=form.cleaned_data["answer"], idempotency_key=form.key
        ),
    )  # fmt: skip
