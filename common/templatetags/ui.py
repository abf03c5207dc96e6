"""The design system's template tags. docs/explanation/design-system.md shows each in use."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField, Field
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common import forms, instants, presentation
from common.clock import now as current_instant
from common.icons import icon as render_icon
from common.icons import severity_shape

register = template.Library()


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """Return an icon; give a ``label`` where it stands alone."""
    return render_icon(name, label=label, extra=extra)


# ---- Severity, status, people ----


def severity_level(value: Any) -> int | None:
    """Return 1 to 4 from an incident, a severity definition, a number or "SEV-2"; ``None`` when not rated."""
    for attribute in ("severity", "level"):
        value = getattr(value, attribute, value)
    digits = "".join(letter for letter in str(value or "") if letter.isdigit())
    return int(digits) if digits in {"1", "2", "3", "4"} else None


@register.simple_tag
def severity(value: Any, size: str = "") -> SafeString:
    """Return the severity badge: colour, shape and word. ``size`` is "" or "large".

    A report in triage says "Not judged yet": the severity it carries is nobody's judgement (R01).
    """
    is_report = str(getattr(value, "status", "")) == "reported"
    level = None if is_report else severity_level(value)
    return format_html(
        '<span class="badge sev{}" data-severity="{}">{}{}</span>',
        " sev-large" if size == "large" else "",
        level or "",
        severity_shape(level),
        f"SEV-{level}" if level else "Not judged yet" if is_report else "Not rated",
    )


@register.simple_tag
def status_badge(value: Any) -> SafeString:
    """Return an incident's status, from the incident or from the status itself, as icon and word."""
    status = str(getattr(value, "status", value))
    look = presentation.status_look(status)
    return format_html(
        '<span class="badge status" data-status="{}">{}{}</span>', status, render_icon(look.icon), look.label
    )


@register.simple_tag
def drill_badge(value: Any = True) -> SafeString | str:
    """Return the DRILL badge for a drill (an incident or a truth value), else nothing."""
    is_drill = getattr(value, "is_drill", value)
    return format_html('<span class="badge badge-drill">{}</span>', "DRILL") if is_drill else ""


@register.simple_tag
def avatar(person: Any, size: str = "") -> SafeString:
    """Return a circle with initials; nobody is a dashed circle. It is decoration: the name stands beside it."""
    large = " avatar-large" if size == "large" else ""
    if not person:
        return format_html('<span class="avatar avatar-gap{}">{}</span>', large, render_icon("x"))
    letters = presentation.initials(str(person))
    return format_html('<span class="avatar{}" aria-hidden="true">{}</span>', large, letters)


@register.simple_tag
def person(value: Any, nobody: str = "Nobody", size: str = "") -> SafeString:
    """Return initials and name; ``None`` is a gap, in red, with the words of ``nobody``."""
    gap = "" if value else " person-gap"
    return format_html(
        '<span class="person{}">{}<span class="person-name">{}</span></span>',
        gap,
        avatar(value, size),
        str(value) if value else nobody,
    )


# ---- Times ----


@register.simple_tag
def when(instant: datetime | None, style: str = "relative", empty: str = "–") -> SafeString | str:
    """Return a <time> in the viewer's zone; the exact instant with UTC is its title.

    ``style``: "relative" (4 min ago, kept moving), "clock" (03:12), "wall" (03:12 BST), "both" (03:12 BST · 02:12 UTC),
    "day", "full".
    """
    if instant is None:
        return empty
    zone, now = timezone.get_current_timezone(), current_instant()
    local, full = instant.astimezone(zone), instants.exact(instant, zone)
    texts = {
        "clock": lambda: instants.clock(local, now),
        "wall": lambda: f"{local:%H:%M} {local.tzname()}",
        "both": lambda: instants.both(instant, zone),
        "day": lambda: instants.day(local),
        "full": lambda: full,
    }
    text = texts.get(style, lambda: instants.relative(local, now))()
    moving = " data-relative" if style == "relative" else ""
    return format_html('<time datetime="{}" title="{}"{}>{}</time>', _machine(instant), full, moving, text)


@register.simple_tag
def duration(length: timedelta | None, empty: str = "–") -> str:
    """Return "21 min", "1 h 12 min", "2 d 3 h"."""
    return empty if length is None else instants.duration(length)


@register.simple_tag
def elapsed(start: datetime, end: datetime | None = None) -> SafeString:
    """Return how long it has lasted, kept moving while ``end`` is ``None``."""
    length = instants.duration((end or current_instant()) - start)
    if end:
        return format_html("<span>{}</span>", length)
    since = instants.exact(start, timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}" title="since {}" data-elapsed>{}</time>', _machine(start), since, length
    )


@register.simple_tag
def countdown(
    due: datetime | None, state: str = "", label: str = "", note: str = "", warn: int = 300, size: str = ""
) -> SafeString:
    """Return a clock: its icon, ``label`` and the time left until ``due``.

    Without ``state`` it runs, turns "soon" when ``warn`` seconds are left and "overdue" afterwards, in the browser too.
    "paused", "met" and "cancelled" stand still and show ``note`` ("in 3 min", "until Mon 09:00").
    """
    if due is not None and state in ("", *presentation.LIVE_STATES):
        return _running_clock(due, label, timedelta(seconds=warn), size)
    return format_html(
        '<span class="{}" data-state="{}">{}{}</span>',
        _clock_class(size),
        state,
        _clock_icons(state),
        _clock_words(label, note or _clock_note(state)),
    )


def _running_clock(due: datetime, label: str, warn: timedelta, size: str) -> SafeString:
    left = due - current_instant()
    moving = format_html(
        '<time datetime="{}" title="{}">{}</time>',
        _machine(due),
        instants.exact(due, timezone.get_current_timezone()),
        instants.countdown(left),
    )
    return format_html(
        '<span class="{}" data-state="{}" data-countdown="{}">{}{}</span>',
        _clock_class(size),
        instants.clock_state(left, warn),
        int(warn.total_seconds()),
        _clock_icons(*presentation.LIVE_STATES),
        _clock_words(label, moving),
    )


def _clock_class(size: str) -> str:
    return "clock clock-large" if size == "large" else "clock"


def _clock_note(state: str) -> str:
    return {"paused": "paused", "met": "met", "cancelled": "cancelled"}.get(state, "–")


def _clock_words(label: str, value: str) -> SafeString:
    start = format_html('<span class="clock-label">{}</span> ', label) if label else ""
    return format_html('{}<span class="clock-value">{}</span>', start, value)


def _clock_icons(*states: str) -> SafeString:
    known = [
        (presentation.CLOCK_ICONS[state], state) for state in states if state in presentation.CLOCK_ICONS
    ]
    return format_html_join(
        "", "{}", ((render_icon(name, extra=f"clock-icon clock-icon-{state}"),) for name, state in known)
    )


def _machine(instant: datetime) -> str:
    """Return ISO 8601 in UTC, which is what the browser's clock compares with."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@register.simple_tag
def server_now() -> str:
    """Return the server's clock, so that a browser whose own is wrong still counts right."""
    return _machine(current_instant())


@register.simple_tag
def now_both() -> SafeString:
    """Return the present time in the viewer's zone with UTC beside it; the browser keeps it moving."""
    now, zone = current_instant(), timezone.get_current_timezone()
    name = now.astimezone(zone).tzname()
    return format_html(
        '<time datetime="{}" data-now="{}">{}</time>', _machine(now), name, instants.both(now, zone)
    )


@register.simple_tag
def clock_now() -> str:
    """Return the present wall time in the viewer's zone: "03:12:07"."""
    return f"{current_instant().astimezone(timezone.get_current_timezone()):%H:%M:%S}"


# ---- Navigation ----


@register.inclusion_tag("components/_nav_item.html", takes_context=True)
def nav_item(
    context: Context,
    url_name: str,
    label: str,
    icon_name: str,
    count: Any = None,
    look: str = "nav-item",
    alert: bool = False,
    but: str = "",
) -> dict[str, Any]:
    """Render a link of the navigation; nothing when the URL does not exist.

    It is marked on its page and on those below it, except below those of ``but``, which have items of their own.
    """
    href = _address(url_name)
    if not href:
        return {"href": ""}
    request = context.get("request")
    path = request.path if request else ""
    others = [_address(name) for name in but.split()]
    elsewhere = any(other and path.startswith(other) for other in others)
    current = path == href or (href != "/" and path.startswith(href) and not elsewhere)
    return {
        "href": href,
        "label": label,
        "icon_name": icon_name,
        "count": count,
        "look": look,
        "alert": alert,
        "current": current,
    }


def _address(url_name: str) -> str:
    """Return the URL's path, or "" when there is no such URL."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """Return the theme the viewer chose on this device, "light" or "dark"; "" follows the system."""
    request: HttpRequest | None = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request else ""
    return chosen if chosen in {"light", "dark"} else ""


@register.inclusion_tag("components/_sort_header.html", takes_context=True)
def sort_header(context: Context, key: str, label: str, cell_class: str = "") -> dict[str, Any]:
    """Render a <th> whose link sorts by ``key`` (``?sort=key``, again ``?sort=-key``) and keeps the filters."""
    query = context["request"].GET.copy()
    present = query.get("sort", "")
    query["sort"] = f"-{key}" if present == key else key
    query.pop("page", None)
    order = {key: "ascending", f"-{key}": "descending"}.get(present, "")
    return {"href": f"?{query.urlencode()}", "label": label, "order": order, "cell_class": cell_class}


# ---- Forms ----


@register.simple_tag
def field(bound: BoundField, label: str = "", help: str = "", success: str = "") -> SafeString:  # noqa: A002
    """Render a form's field with its label, help and errors, tied together for screen readers."""
    data = {
        "field": bound,
        "label": label or bound.label,
        "help": help or bound.help_text,
        "success": success,
    }
    return render_to_string("components/_field.html", data)


# ---- Blocks ----


def _body(content: str) -> SafeString:
    """Return a block's content without the white space around it; the template engine has escaped it already."""
    return mark_safe(content.strip())  # noqa: S308


@register.simple_block_tag
def banner(content: str, kind: str = "info", title: str = "", role: str = "") -> SafeString:
    """Render a banner: "info", "ok", "warn", "danger", "stale" or "drill". ``role`` "alert" if it appears by itself."""
    look = presentation.BANNERS[kind]
    return render_to_string(
        "components/_banner.html",
        {
            "kind": kind,
            "icon_name": look.icon,
            "spoken": look.label,
            "title": title,
            "body": _body(content),
            "role": role,
        },
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:  # noqa: A002
    """Render a <dialog>, opened by ``<a href="/page/" data-dialog="id">``; the link works without JavaScript."""
    return render_to_string("components/_dialog.html", {"id": id, "title": title, "body": content})


@register.simple_block_tag
def empty_state(content: str, title: str, icon_name: str = "inbox", text: str = "") -> SafeString:
    """Render what a page shows while it has nothing: what it is for, and as its content the first action."""
    return render_to_string(
        "components/_empty.html",
        {"title": title, "icon_name": icon_name, "text": text, "actions": _body(content)},
    )


@register.simple_block_tag
def disclosure(content: str, label: str, open: bool = False, small: bool = False) -> SafeString:  # noqa: A002
    """Render something that unfolds, with or without JavaScript."""
    return render_to_string(
        "components/_disclosure.html", {"label": label, "open": open, "small": small, "body": content}
    )


@register.simple_block_tag
def timeline_entry(
    content: str,
    kind: str,
    at: datetime,
    actor: Any = None,
    heading: str = "",
    id: str = "",  # noqa: A002
    discarded: bool = False,
) -> SafeString:
    """Render an entry of the timeline around its body; icon, tone and loudness follow from ``kind``."""
    look = presentation.entry_look(kind)
    return render_to_string(
        "components/_timeline_entry.html",
        {
            "kind": kind,
            "look": look,
            "heading": heading or look.label,
            "at": at,
            "actor": actor,
            "id": id,
            "discarded": discarded,
            "body": _body(content),
        },
    )


@register.simple_block_tag
def ladder_step(content: str, state: str, who: Any, what: str = "") -> SafeString:
    """Render a rung of the escalation ladder; its content (a countdown, a time, a button) stands at the end."""
    look = presentation.STEPS.get(state, presentation.UNKNOWN)
    return render_to_string(
        "components/_ladder_step.html",
        {"state": state, "look": look, "who": who, "what": what, "end": _body(content)},
    )


@register.filter
def may_be_empty(field: Field) -> bool:
    """Return whether a form's field is marked "optional"."""
    return forms.may_be_empty(field)


@register.filter
def message_kind(level_tag: str) -> str:
    """Return the banner's kind for a Django message's level."""
    return presentation.MESSAGE_KINDS.get(level_tag, "info")


@register.inclusion_tag("components/_code.html")
def code_block(text: str, wrap: bool = False, label: str = "Copy") -> dict[str, Any]:
    """Render a command or a log with a copy button."""
    return {"text": text, "wrap": wrap, "label": label}
