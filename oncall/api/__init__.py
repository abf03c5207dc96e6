"""The API of on-call."""

from django.urls import path

from oncall.api import feeds, views

_SCHEDULE = "schedules/<slug:slug>"

urlpatterns = [
    path("on-call", views.OnCallNow.as_view(), name="on-call"),
    path("schedules", views.Schedules.as_view(), name="schedules"),
    path(_SCHEDULE, views.ScheduleDetail.as_view(), name="schedule"),
    path(f"{_SCHEDULE}/on-call", views.ScheduleOnCall.as_view(), name="schedule-on-call"),
    path(f"{_SCHEDULE}/shifts", views.ScheduleShifts.as_view(), name="schedule-shifts"),
    path(f"{_SCHEDULE}/overrides", views.Overrides.as_view(), name="overrides"),
    path(f"{_SCHEDULE}/overrides/<int:pk>", views.OverrideDetail.as_view(), name="override"),
    path("me/calendar-links", feeds.CalendarLinks.as_view(), name="calendar-links"),
    path("me/calendar-links/<int:pk>", feeds.CalendarLinkDetail.as_view(), name="calendar-link"),
]
