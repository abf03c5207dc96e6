"""The API of incidents. Every form of the browser has its twin here (R01); ``config.parity`` lists them."""

from django.urls import path

from incidents.api import actions, reads

_INCIDENT = "incidents/<str:reference>"

urlpatterns = [
    path("incidents", reads.Incidents.as_view(), name="incidents"),
    path("reports", actions.Report.as_view(), name="reports"),
    path(_INCIDENT, reads.IncidentDetail.as_view(), name="incident"),
    path(f"{_INCIDENT}/timeline", reads.Timeline.as_view(), name="timeline"),
    path(f"{_INCIDENT}/timeline.md", reads.TimelineMarkdown.as_view(), name="timeline-markdown"),
    path(f"{_INCIDENT}/timeline.json", reads.TimelineJson.as_view(), name="timeline-json"),
    path(f"{_INCIDENT}/declare", actions.Declare.as_view(), name="incident-declare"),
    path(f"{_INCIDENT}/status", actions.Status.as_view(), name="incident-status"),
    path(f"{_INCIDENT}/resolve", actions.Resolve.as_view(), name="incident-resolve"),
    path(f"{_INCIDENT}/reopen", actions.Reopen.as_view(), name="incident-reopen"),
    path(f"{_INCIDENT}/close", actions.Close.as_view(), name="incident-close"),
    path(f"{_INCIDENT}/cancel", actions.Cancel.as_view(), name="incident-cancel"),
    path(f"{_INCIDENT}/merge", actions.Merge.as_view(), name="incident-merge"),
    path(f"{_INCIDENT}/severity", actions.Severity.as_view(), name="incident-severity"),
    path(f"{_INCIDENT}/details", actions.Details.as_view(), name="incident-details"),
    path(f"{_INCIDENT}/components", actions.Components.as_view(), name="incident-components"),
    path(f"{_INCIDENT}/roles", actions.Roles.as_view(), name="incident-roles"),
    path(
        f"{_INCIDENT}/roles/<str:role>/release", actions.ReleaseRole.as_view(), name="incident-role-release"
    ),
    path(f"{_INCIDENT}/role-offers", actions.RoleOffers.as_view(), name="role-offers"),
    path(f"{_INCIDENT}/role-offers/<int:pk>/accept", actions.AcceptOffer.as_view(), name="role-offer-accept"),
    path(
        f"{_INCIDENT}/role-offers/<int:pk>/decline", actions.DeclineOffer.as_view(), name="role-offer-decline"
    ),
    path(f"{_INCIDENT}/responders", actions.Responders.as_view(), name="responders"),
    path(f"{_INCIDENT}/notes", actions.Notes.as_view(), name="notes"),
    path(f"{_INCIDENT}/corrections", actions.Corrections.as_view(), name="corrections"),
    path(f"{_INCIDENT}/decisions", actions.Decisions.as_view(), name="decisions"),
    path(f"{_INCIDENT}/hypotheses", actions.Hypotheses.as_view(), name="hypotheses"),
    path(f"{_INCIDENT}/hypotheses/<int:pk>", actions.JudgeHypothesis.as_view(), name="hypothesis"),
    path(f"{_INCIDENT}/steps", actions.Ticks.as_view(), name="steps"),
    path(f"{_INCIDENT}/steps/<int:pk>", actions.Step.as_view(), name="step"),
    path(f"{_INCIDENT}/checkpoints", actions.Checkpoints.as_view(), name="checkpoints"),
    path(f"{_INCIDENT}/checkpoints/<int:pk>", actions.FinishCheckpoint.as_view(), name="checkpoint"),
    path(f"{_INCIDENT}/tasks", actions.Tasks.as_view(), name="tasks"),
    path(f"{_INCIDENT}/tasks/<int:pk>", actions.FinishTask.as_view(), name="task"),
    path(f"{_INCIDENT}/gates", actions.Gates.as_view(), name="gates"),
    path(f"{_INCIDENT}/watch", actions.Watch.as_view(), name="watch"),
    path(f"{_INCIDENT}/observation", actions.EndObservation.as_view(), name="observation"),
    path(f"{_INCIDENT}/impact", actions.Impact.as_view(), name="impact"),
    path("severities", reads.Severities.as_view(), name="severities"),
    path("symptoms", reads.Symptoms.as_view(), name="symptoms"),
    path("roles", reads.RoleDefinitions.as_view(), name="roles"),
    path("phases", reads.Phases.as_view(), name="phases"),
    path("gates", reads.GateDefinitions.as_view(), name="gate-definitions"),
    path("components", reads.ComponentList.as_view(), name="components"),
]
