"""Pages of the post-mortem records."""

from django.urls import path

from postmortems import views

app_name = "postmortems"
urlpatterns = [
    path("postmortems/", views.index, name="index"),
    path("incidents/<str:reference>/panels/postmortem/", views.panel, name="panel"),
    path("incidents/<str:reference>/postmortem/publish/", views.publish, name="publish"),
    path("incidents/<str:reference>/postmortem/assign/", views.assign, name="assign"),
]
