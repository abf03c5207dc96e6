"""Addresses of this app's pages."""

from django.urls import path

from oncall.views import absence, asking, calendar, feeds, handover, load, now, override

app_name = "oncall"
_OVERRIDE = "on-call/<slug:slug>/override/"

urlpatterns = [
    path("on-call/", calendar.on_call, name="on_call"),
    path("on-call/strip/", now.on_call_strip, name="strip"),
    path("on-call/cover/", asking.requests, name="requests"),
    path("on-call/cover/ask/", asking.ask, name="ask"),
    path("on-call/cover/<int:pk>/", asking.cover, name="cover"),
    path("on-call/cover/<int:pk>/withdraw/", asking.withdraw, name="withdraw"),
    path("on-call/take/<slug:slug>/", asking.take, name="take"),
    path("on-call/shadows/", asking.shadows, name="shadows"),
    path("on-call/shadows/<int:pk>/end/", asking.end_shadow, name="end_shadow"),
    path("on-call/hand-over/", handover.hand_overs, name="hand_overs"),
    path("on-call/hand-over/<int:pk>/", handover.hand_over, name="hand_over"),
    path("on-call/hand-over/<int:pk>/confirm/", handover.confirm, name="confirm"),
    path("calendar/<str:token>.ics", feeds.feed, name="feed"),
    path("me/calendars/", feeds.calendar_links, name="calendar_links"),
    path("me/calendars/<int:pk>/revoke/", feeds.revoke_calendar_link, name="revoke_calendar_link"),
    path("me/absence/", absence.absence, name="absence"),
    path("me/absence/<int:pk>/remove/", absence.remove_absence, name="remove_absence"),
    path("me/absence/calendars/add/", absence.add_absence_calendar, name="add_absence_calendar"),
    path(
        "me/absence/calendars/<int:pk>/remove/",
        absence.remove_absence_calendar,
        name="remove_absence_calendar",
    ),
    path("me/absence/calendars/<int:pk>/read/", absence.read_absence_calendar, name="read_absence_calendar"),
    path("on-call/load/", load.load, name="load"),
    path("on-call/load.csv", load.load_csv, name="load_csv"),
    path(_OVERRIDE, override.override, name="override"),
    path(f"{_OVERRIDE}preview/", override.override_preview, name="override_preview"),
    path(f"{_OVERRIDE}<int:pk>/", override.change_override, name="change_override"),
    path(f"{_OVERRIDE}<int:pk>/take-back/", override.take_back_override, name="take_back_override"),
]
