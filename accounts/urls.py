"""Pages of accounts. Signing in has allauth's names and stands in ``accounts.signin``."""

from django.urls import path

from accounts.views import contacts, profile, reaching, setup

app_name = "accounts"
urlpatterns = [
    path("setup/", setup.setup, name="setup"),
    path("contacts/", contacts.contacts, name="contacts"),
    path("contacts/<int:pk>/verified/", contacts.verify, name="verify_contact"),
    path("me/", profile.profile, name="profile"),
    path("me/reach/", reaching.reach, name="reach"),
    path("push-worker.js", reaching.push_worker, name="push_worker"),
    path("me/reach/rules/<slug:urgency>/", reaching.set_rules, name="set_rules"),
    path("me/reach/quiet-hours/", reaching.quiet_hours, name="quiet_hours"),
    path("me/contact-methods/add/", reaching.add_method, name="add_method"),
    path("me/contact-methods/<int:pk>/", reaching.change_method, name="change_method"),
    path("me/contact-methods/<int:pk>/remove/", reaching.remove_method, name="remove_method"),
    path("me/contact-methods/<int:pk>/move/", reaching.move_method, name="move_method"),
    path("me/contact-methods/<int:pk>/test/", reaching.send_test, name="send_test"),
    path("me/contact-methods/<int:pk>/code/", reaching.send_code, name="send_code"),
    path("me/contact-methods/<int:pk>/verify/", reaching.verify_method, name="verify_method"),
    path("me/keys/add/", profile.create_key, name="create_key"),
    path("me/keys/<int:pk>/revoke/", profile.revoke_key, name="revoke_key"),
]
