"""The design system's tags: what they render, that they escape, and that they need no inline style or script."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone

from common import presentation
from common.icons import icon
from common.styleguide import PAGES, index
from incidents.models import EventKind, Status

NOW = datetime(2026, 3, 29, 2, 12, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.templatetags.ui.current_instant", lambda: NOW)


def show(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (1, "SEV-1"),
        ("SEV-3", "SEV-3"),
        (SimpleNamespace(severity=2), "SEV-2"),
        (SimpleNamespace(level=4), "SEV-4"),
        (None, "Not rated"),
    ],
)
def test_a_severity_is_colour_word_and_shape(value: Any, word: str) -> None:
    html = show("{% severity value %}", value=value)
    assert word in html
    assert "<svg" in html
    assert f'data-severity="{word[-1] if value else ""}"' in html


def test_nobody_has_judged_a_report_yet() -> None:
    report = SimpleNamespace(severity=4, status=Status.REPORTED)
    assert "Not judged yet" in show("{% severity value %}", value=report)
    assert "SEV-4" not in show("{% severity value %}", value=report)


def test_each_severity_has_a_shape_of_its_own() -> None:
    shapes = {
        show("{% severity value %}", value=value).split("<svg")[1].split("</svg>")[0]
        for value in (1, 2, 3, 4, None)
    }
    assert len(shapes) == 5


def test_every_status_and_every_kind_of_entry_has_a_look() -> None:
    assert set(Status.values) <= set(presentation.STATUSES)
    assert set(EventKind.values) <= set(presentation.ENTRIES)


def test_every_icon_that_is_named_exists() -> None:
    looks = [presentation.UNKNOWN, *presentation.STATUSES.values(), *presentation.ENTRIES.values()]
    looks += [*presentation.STEPS.values(), *presentation.BANNERS.values()]
    for name in {look.icon for look in looks} | set(presentation.CLOCK_ICONS.values()):
        assert icon(name).startswith('<svg class="icon"')


def test_an_unknown_kind_shows_under_its_own_name() -> None:
    assert presentation.entry_look("tea_made").label == "Tea made"


def test_times_stand_in_the_viewers_zone_with_utc_beside_them() -> None:
    with timezone.override("Europe/London"):
        html = show("{% when at %}", at=NOW - timedelta(minutes=4))
    assert "4 min ago" in html
    assert 'title="Sun 29 Mar 2026, 03:08:07 BST · 02:08:07 UTC"' in html
    assert 'datetime="2026-03-29T02:08:07.000000Z"' in html


def test_an_unknown_time_is_a_dash() -> None:
    assert show("{% when at %}", at=None) == "–"


def test_a_countdown_carries_what_the_browser_needs_to_keep_it_moving() -> None:
    html = show('{% countdown due label="Update" %}', due=NOW + timedelta(minutes=4, seconds=10))
    assert 'data-state="soon"' in html
    assert 'data-countdown="300"' in html
    assert "in 04:10" in html


def test_a_paused_clock_stands_still() -> None:
    html = show('{% countdown due state="paused" note="paused until Mon 09:00" %}', due=NOW)
    assert "paused until Mon 09:00" in html
    assert "data-countdown" not in html


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ana Ruiz", "AR"), ("ben", "B"), ("", "?"), ("Jean-Luc de Witt", "JW"), ("李 雷", "李雷")],
)
def test_initials(name: str, letters: str) -> None:
    assert presentation.initials(name) == letters


def test_nobody_is_said_in_words() -> None:
    assert "Nobody on call" in show('{% person nobody nobody="Nobody on call" %}', nobody=None)


HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    "source",
    [
        "{% person text %}",
        "{% status_badge text %}",
        "{% banner kind='info' title=text %}{{ text }}{% endbanner %}",
        "{% timeline_entry kind=text at=at actor=text heading=text %}{{ text }}{% endtimeline_entry %}",
        "{% ladder_step state='due' who=text what=text %}{{ text }}{% endladder_step %}",
        "{% code_block text %}",
        "{% empty_state title=text text=text %}{{ text }}{% endempty_state %}",
        "{% disclosure label=text %}{{ text }}{% enddisclosure %}",
        "{% dialog id='a' title=text %}{{ text }}{% enddialog %}",
        "{% countdown none state='paused' label=text note=text %}",
        "{% drill_badge text %}{% avatar text %}{% icon 'bell' text %}",
    ],
)
def test_what_people_write_is_escaped(source: str) -> None:
    assert "<script" not in show(source, text=HOSTILE, at=NOW, none=None)


class Sample(forms.Form):
    title = forms.CharField(help_text="In a few words.")
    drill = forms.BooleanField(help_text="Practice.")
    who = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "A")])


def test_a_fields_help_and_errors_are_tied_to_it() -> None:
    html = show("{% field form.title %}", form=Sample({}))
    described = re.search(r'aria-describedby="([^"]+)"', html)
    assert described
    assert described[1].split() == ["id_title_helptext", "id_title_error"]
    for name in described[1].split():
        assert f'id="{name}"' in html
    assert 'aria-invalid="true"' in html


def test_a_group_of_choices_is_a_fieldset_with_a_legend() -> None:
    html = show("{% field form.who %}", form=Sample())
    assert "<fieldset" in html
    assert "<legend>Who" in html


@pytest.mark.parametrize(
    ("path", "marked"), [("/admin/", True), ("/admin/teams/", True), ("/elsewhere/", False)]
)
def test_the_navigation_marks_the_present_page(path: str, marked: bool) -> None:
    html = show("{% nav_item 'admin:index' 'Settings' 'settings' %}", request=RequestFactory().get(path))
    assert ("aria-current" in html) is marked


def test_an_item_leaves_the_mark_to_the_one_below_it() -> None:
    request = RequestFactory().get("/incidents/declare/")
    html = show(
        "{% nav_item 'incidents:list' 'Incidents' 'flame' but='incidents:declare' %}", request=request
    )
    assert "aria-current" not in html


def test_the_navigation_leaves_out_what_does_not_exist() -> None:
    assert show("{% nav_item 'nowhere:at_all' 'Nothing' 'bell' %}").strip() == ""


def test_a_sort_header_turns_round_and_keeps_the_filters() -> None:
    request = RequestFactory().get("/", {"team": "1", "sort": "declared", "page": "3"})
    html = show("{% sort_header 'declared' 'Declared' %}", request=request)
    assert 'aria-sort="ascending"' in html
    assert "team=1&amp;sort=-declared" in html
    assert "page=" not in html


@pytest.mark.parametrize("name", PAGES)
def test_the_style_guide_has_neither_inline_style_nor_inline_script(name: str) -> None:
    request = RequestFactory().get("/styleguide/", {"page": name})
    html = index(request).content.decode()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", html)
    assert all(re.search(r"\ssrc=", tag) for tag in re.findall(r"<script[^>]*>", html))


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "409", "413", "500"])
def test_error_pages_need_no_context(name: str) -> None:
    html = render_to_string(f"{name}.html")
    assert "<h1>" in html
    assert "data-error-page" in html
