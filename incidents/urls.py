"""The incident pages. Words before references, so that no incident hides a page."""

from django.urls import path

from incidents.views import declare, detail, lifecycle, listing, now, people, recovery, timeline, work
from incidents.views.detail import PANELS

app_name = "incidents"
_INCIDENT = "incidents/<str:reference>/"

urlpatterns = [
    path("", now.now, name="now"),
    path("incidents/", listing.index, name="list"),
    path("incidents/declare/", declare.declare, name="declare"),
    path("incidents/declare/aside/", declare.aside, name="declare_aside"),
    path("incidents/report/", declare.report, name="report"),
    path(_INCIDENT, detail.detail, name="detail"),
    *(
        path(f"{_INCIDENT}panels/{name}/", detail.panel, {"name": name}, name=f"{name}_panel")
        for name in PANELS
    ),
    path(f"{_INCIDENT}timeline/", detail.entries, name="timeline"),
    path(f"{_INCIDENT}timeline.md", timeline.as_markdown, name="as_markdown"),
    path(f"{_INCIDENT}timeline.json", timeline.as_json, name="as_json"),
    path(f"{_INCIDENT}write/", timeline.write, name="write"),
    path(f"{_INCIDENT}entries/<int:sequence>/correct/", timeline.correct, name="correct"),
    path(f"{_INCIDENT}decide/", timeline.decide, name="decide"),
    path(f"{_INCIDENT}hypotheses/", timeline.hypothesise, name="hypothesise"),
    path(f"{_INCIDENT}hypotheses/<int:pk>/", timeline.judge, name="judge"),
    path(f"{_INCIDENT}declare/", declare.convert, name="convert"),
    path(f"{_INCIDENT}status/<str:to>/", lifecycle.status, name="status"),
    path(f"{_INCIDENT}resolve/", lifecycle.resolve, name="resolve"),
    path(f"{_INCIDENT}reopen/", lifecycle.reopen, name="reopen"),
    path(f"{_INCIDENT}close/", lifecycle.close, name="close"),
    path(f"{_INCIDENT}cancel/", lifecycle.cancel, name="cancel"),
    path(f"{_INCIDENT}merge/", lifecycle.merge, name="merge"),
    path(f"{_INCIDENT}severity/", lifecycle.severity, name="severity"),
    path(f"{_INCIDENT}details/", lifecycle.details, name="details"),
    path(f"{_INCIDENT}components/", lifecycle.components, name="components"),
    path(f"{_INCIDENT}roles/<str:role>/take/", people.take, name="take_role"),
    path(f"{_INCIDENT}roles/<str:role>/offer/", people.offer, name="offer_role"),
    path(f"{_INCIDENT}roles/<str:role>/release/", people.release, name="release_role"),
    path(f"{_INCIDENT}offers/<int:pk>/", people.answer, name="answer_offer"),
    path(f"{_INCIDENT}join/", people.join, name="join"),
    path(f"{_INCIDENT}leave/", people.leave, name="leave"),
    path(f"{_INCIDENT}steps/<int:pk>/tick/", work.tick, name="tick"),
    path(f"{_INCIDENT}steps/<int:pk>/clear/", work.clear, name="clear"),
    path(f"{_INCIDENT}checkpoints/", work.set_checkpoint, name="set_checkpoint"),
    path(f"{_INCIDENT}checkpoints/<int:pk>/", work.finish_checkpoint, name="finish_checkpoint"),
    path(f"{_INCIDENT}tasks/", work.assign_task, name="assign_task"),
    path(f"{_INCIDENT}tasks/<int:pk>/", work.finish_task, name="finish_task"),
    path(f"{_INCIDENT}gates/<slug:key>/", recovery.gate, name="gate"),
    path(f"{_INCIDENT}impact/", recovery.impact, name="impact"),
    path(f"{_INCIDENT}watch/", recovery.watch, name="watch"),
    path(f"{_INCIDENT}observation/end/", recovery.end_observation, name="end_observation"),
]
