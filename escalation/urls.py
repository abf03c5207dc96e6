"""Addresses of this app's pages."""

from django.urls import path

from escalation.views import link

app_name = "escalation"
urlpatterns = [
    path("p/<str:token>/", link.show, name="page"),
    path("p/<str:token>/acknowledge/", link.acknowledge, name="page_acknowledge"),
    path("p/<str:token>/decline/", link.decline, name="page_decline"),
]
