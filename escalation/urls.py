"""Addresses of this app's pages."""

from django.urls import path

from escalation.views import chat, link, panel, planning, telephone

app_name = "escalation"
urlpatterns = [
    path("p/<str:token>/", link.show, name="page"),
    path("p/<str:token>/acknowledge/", link.acknowledge, name="page_acknowledge"),
    path("p/<str:token>/decline/", link.decline, name="page_decline"),
    path("p/<str:token>/key/", telephone.key, name="page_key"),
    path("telephone/reply/", telephone.reply, name="telephone_reply"),
    path("slack/actions/", chat.slack_actions, name="slack_actions"),
    path("on-call/woken/", planning.woken, name="woken"),
    path("escalation/preview/", planning.preview, name="preview"),
    path("reviews/", planning.reviews, name="reviews"),
    path("reviews/<int:pk>/discussed/", planning.discuss, name="discuss"),
    path("incidents/<str:reference>/panels/paging/", panel.paging_panel, name="paging_panel"),
    path("incidents/<str:reference>/acknowledge/", panel.acknowledge, name="acknowledge"),
    path("incidents/<str:reference>/decline/", panel.decline, name="decline"),
    path("incidents/<str:reference>/escalate/", panel.escalate_now, name="escalate_now"),
    path("incidents/<str:reference>/page/", panel.page_person, name="page_person"),
    path("incidents/<str:reference>/release/", panel.release, name="release"),
]
