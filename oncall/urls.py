"""Addresses of this app's pages."""

from django.urls import path

from oncall.views import now

app_name = "oncall"
urlpatterns = [
    path("on-call/", now.on_call, name="on_call"),
    path("on-call/strip/", now.on_call_strip, name="strip"),
]
