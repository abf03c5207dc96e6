"""Addresses of this app's pages."""

from django.urls import path

from readiness import views

app_name = "readiness"
urlpatterns = [path("readiness/", views.readiness, name="readiness")]
