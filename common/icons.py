"""Icons: Lucide's outlines as lean inline SVG, and the four shapes of severity."""

import re
from functools import cache

import lucide
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_SVG = re.compile(r"^\s*<svg[^>]*>(.*)</svg>\s*$", re.DOTALL)
_SPACE = re.compile(r">\s+<")

# Filled, so that they are told apart at 14 px: octagon, triangle, diamond, circle; a dashed ring for "not rated".
_SHAPES = {
    1: (
        '<path fill-rule="evenodd" d="M7.6 2h8.8L22 7.6v8.8L16.4 22H7.6L2 16.4V7.6z'
        'M10.6 6v7h2.8V6zm0 9.2V18h2.8v-2.8z"/>'
    ),
    2: '<path fill-rule="evenodd" d="M12 1.8 23.2 21.5H.8zM10.7 9v6h2.6V9zm0 7.6v2.5h2.6v-2.5z"/>',
    3: '<path d="M12 1.5 22.5 12 12 22.5 1.5 12z"/>',
    4: (
        '<path fill-rule="evenodd" d="M12 2.5a9.5 9.5 0 1 1 0 19 9.5 9.5 0 0 1 0-19'
        'm0 3a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13"/>'
    ),
    None: '<path d="M3.5 10.5h4v3h-4zm6.5 0h4v3h-4zm6.5 0h4v3h-4z"/>',
}


@cache
def _outline(name: str) -> str:
    """Return the inner elements of Lucide's icon. Raises ``lucide.IconDoesNotExist``."""
    match = _SVG.match(lucide._render_icon(name, None))
    return _SPACE.sub("><", match[1].strip()) if match else ""


def icon(name: str, *, label: str = "", extra: str = "") -> SafeString:
    """Return the inline SVG of an icon; hidden from screen readers unless it has a ``label``."""
    inner = mark_safe(_outline(name))  # noqa: S308 – comes from the Lucide package
    role = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    classes = f"icon {extra}".strip()
    return format_html('<svg class="{}" viewBox="0 0 24 24" {}>{}</svg>', classes, role, inner)


def severity_shape(level: int | None) -> SafeString:
    """Return the filled shape of a severity; ``None`` is "not rated"."""
    inner = mark_safe(_SHAPES[level])  # noqa: S308 – the constants above
    return format_html('<svg class="icon icon-shape" viewBox="0 0 24 24" aria-hidden="true">{}</svg>', inner)
