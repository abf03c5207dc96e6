"""Addresses of this app's pages."""

from django.urls import path

from oncall.views import feeds, now

app_name = "oncall"
urlpatterns = [
    path("on-call/", now.on_call, name="on_call"),
    path("on-call/strip/", now.on_call_strip, name="strip"),
    path("calendar/<str:token>.ics", feeds.feed, name="feed"),
    path("me/calendars/", feeds.calendar_links, name="calendar_links"),
    path("me/calendars/<int:pk>/revoke/", feeds.revoke_calendar_link, name="revoke_calendar_link"),
]
