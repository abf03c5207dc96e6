"""What the pages ask for. A form checks shape only; whether something may be done is the action's to say."""

from incidents.forms.base import ActionForm, ConfirmForm, MinutesField, ReasonForm, responders, text
from incidents.forms.declaring import DeclareForm, ReportForm
from incidents.forms.lifecycle import (
    ComponentsForm,
    DetailsForm,
    MergeForm,
    NoteForm,
    SeverityForm,
    StatusForm,
)
from incidents.forms.listing import FilterForm
from incidents.forms.people import OfferForm, TakeRoleForm
from incidents.forms.recovery import GateForm, ImpactForm, WatchForm
from incidents.forms.timeline import (
    ComposerForm,
    CorrectForm,
    DecisionForm,
    HypothesisForm,
    HypothesisStateForm,
)
from incidents.forms.work import AnswerForm, CheckpointForm, TaskForm, TickForm

__all__ = [
    "ActionForm",
    "AnswerForm",
    "CheckpointForm",
    "ComponentsForm",
    "ComposerForm",
    "ConfirmForm",
    "CorrectForm",
    "DecisionForm",
    "DeclareForm",
    "DetailsForm",
    "FilterForm",
    "GateForm",
    "HypothesisForm",
    "HypothesisStateForm",
    "ImpactForm",
    "MergeForm",
    "MinutesField",
    "NoteForm",
    "OfferForm",
    "ReasonForm",
    "ReportForm",
    "SeverityForm",
    "StatusForm",
    "TakeRoleForm",
    "TaskForm",
    "TickForm",
    "WatchForm",
    "responders",
    "text",
]
