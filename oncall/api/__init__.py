"""The API of on-call."""

from django.urls import path

from oncall.api import absences, asking, calendar, feeds, rotas, views

_SCHEDULE = "schedules/<slug:slug>"

urlpatterns = [
    path("on-call", views.OnCallNow.as_view(), name="on-call"),
    path("on-call/calendar", calendar.CalendarShifts.as_view(), name="on-call-calendar"),
    path("on-call/load", calendar.OnCallLoad.as_view(), name="on-call-load"),
    path("schedules", rotas.Schedules.as_view(), name="schedules"),
    path(_SCHEDULE, rotas.ScheduleDetail.as_view(), name="schedule"),
    path(f"{_SCHEDULE}/on-call", views.ScheduleOnCall.as_view(), name="schedule-on-call"),
    path(f"{_SCHEDULE}/shifts", views.ScheduleShifts.as_view(), name="schedule-shifts"),
    path(f"{_SCHEDULE}/overrides", views.Overrides.as_view(), name="overrides"),
    path(f"{_SCHEDULE}/overrides/preview", calendar.OverridePreview.as_view(), name="override-preview"),
    path(f"{_SCHEDULE}/overrides/<int:pk>", views.OverrideDetail.as_view(), name="override"),
    path(f"{_SCHEDULE}/layers", rotas.Layers.as_view(), name="layers"),
    path(f"{_SCHEDULE}/layers/<int:pk>", rotas.LayerDetail.as_view(), name="layer"),
    path(f"{_SCHEDULE}/fixed", rotas.FixedSchedules.as_view(), name="fixed-schedules"),
    path(f"{_SCHEDULE}/fixed/<int:pk>", rotas.FixedScheduleDetail.as_view(), name="fixed-schedule"),
    path(f"{_SCHEDULE}/take", asking.TakePager.as_view(), name="schedule-take"),
    path(f"{_SCHEDULE}/shadows", asking.Shadows.as_view(), name="shadows"),
    path(f"{_SCHEDULE}/shadows/<int:pk>", asking.ShadowDetail.as_view(), name="shadow"),
    path("cover-requests", asking.CoverRequests.as_view(), name="cover-requests"),
    path("cover-requests/<int:pk>", asking.CoverRequestDetail.as_view(), name="cover-request"),
    path("cover-requests/<int:pk>/accept", asking.AcceptCover.as_view(), name="cover-accept"),
    path("cover-requests/<int:pk>/decline", asking.DeclineCover.as_view(), name="cover-decline"),
    path("cover-requests/<int:pk>/withdraw", asking.WithdrawCover.as_view(), name="cover-withdraw"),
    path("hand-overs", asking.HandOvers.as_view(), name="hand-overs"),
    path("hand-overs/<int:pk>", asking.HandOverDetail.as_view(), name="hand-over"),
    path("hand-overs/<int:pk>/confirm", asking.ConfirmHandOver.as_view(), name="hand-over-confirm"),
    path("me/calendar-links", feeds.CalendarLinks.as_view(), name="calendar-links"),
    path("me/calendar-links/<int:pk>", feeds.CalendarLinkDetail.as_view(), name="calendar-link"),
    path("me/absences", absences.Absences.as_view(), name="absences"),
    path("me/absences/<int:pk>", absences.AbsenceDetail.as_view(), name="my-absence"),
    path("me/absence-calendars", absences.AbsenceCalendars.as_view(), name="absence-calendars"),
    path("me/absence-calendars/<int:pk>", absences.AbsenceCalendarDetail.as_view(), name="absence-calendar"),
    path(
        "me/absence-calendars/<int:pk>/read",
        absences.AbsenceCalendarRead.as_view(),
        name="absence-calendar-read",
    ),
]
