"""The URLs of signing in, under allauth's own names: only what Allclear uses (security.md, "Sign-in")."""

from allauth.account import views
from django.urls import path, re_path
from django.views.generic import RedirectView

from accounts.views.setup import log_in

_TO_LOG_IN = RedirectView.as_view(pattern_name="account_login")

urlpatterns = [
    path("login/", log_in, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # allauth looks these two up; nobody signs up, and who has no password yet sets one by mail.
    path("signup/", _TO_LOG_IN, name="account_signup"),
    path(
        "password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
]
