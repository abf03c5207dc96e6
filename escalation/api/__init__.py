"""The API of paging."""

from django.urls import path

from escalation.api import views

_INCIDENT = "incidents/<str:reference>"

urlpatterns = [
    path("escalation/preview", views.Preview.as_view(), name="escalation-preview"),
    path("escalation/rules", views.Rules.as_view(), name="escalation-rules"),
    path("escalation/timers", views.Timers.as_view(), name="escalation-timers"),
    path("pages", views.Pages.as_view(), name="pages"),
    path("pages/<int:pk>/acknowledge", views.AcknowledgePage.as_view(), name="page-acknowledge"),
    path("pages/<int:pk>/decline", views.DeclinePage.as_view(), name="page-decline"),
    path(f"{_INCIDENT}/acknowledge", views.Acknowledge.as_view(), name="incident-acknowledge"),
    path(f"{_INCIDENT}/escalate", views.EscalateNow.as_view(), name="incident-escalate"),
    path(f"{_INCIDENT}/page", views.PagePerson.as_view(), name="incident-page"),
    path(f"{_INCIDENT}/release", views.Release.as_view(), name="incident-release"),
    path("agenda", views.Agenda.as_view(), name="agenda"),
    path("agenda/<int:pk>/discuss", views.Discuss.as_view(), name="agenda-discuss"),
]
