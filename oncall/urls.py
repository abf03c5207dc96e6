"""Addresses of this app's pages."""

from django.urls import path

from oncall import views

app_name = "oncall"
urlpatterns = [
    path("on-call/", views.on_call, name="on_call"),
    path("on-call/strip/", views.on_call_strip, name="strip"),
]
