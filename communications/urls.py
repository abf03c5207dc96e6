"""Pages of this app."""

from django.urls import path

from communications.views import demo, notifications, updates

app_name = "communications"
_INCIDENT = "incidents/<str:reference>/"

urlpatterns = [
    path(f"{_INCIDENT}panels/updates/", updates.panel, name="updates_panel"),
    path(f"{_INCIDENT}updates/", updates.publish, name="publish"),
    path(f"{_INCIDENT}updates/preview/", updates.preview, name="preview"),
    path(f"{_INCIDENT}updates/no-change/", updates.no_change, name="no_change"),
    path(f"{_INCIDENT}updates/next/", updates.next_update, name="next_update"),
    path("me/notifications/", notifications.index, name="notifications"),
    path("me/notifications/read/", notifications.read_all, name="read_all"),
    path("me/notifications/<int:pk>/", notifications.follow, name="follow"),
    path("me/notifications/<int:pk>/read/", notifications.read, name="read"),
    path("demo/mail/", demo.mailbox, name="demo_mail"),
]
