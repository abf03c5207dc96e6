"""Every pair of colours that meets on a page reaches WCAG 2.2 AA, in the light and in the dark theme."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
TOKEN = re.compile(r"--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
SURFACES = ("canvas", "surface", "surface-raised", "surface-hover")

TEXT = [
    *[
        (text, surface)
        for text in ("text", "text-muted", "text-faint", "accent", "danger")
        for surface in SURFACES
    ],
    ("text", "surface-sunken"),
    ("text", "surface-active"),
    ("text", "surface-selected"),
    ("text-faint", "surface-sunken"),
    ("text-muted", "surface-active"),
    *[(tone, surface) for tone in ("warn", "ok") for surface in ("canvas", "surface", "surface-hover")],
    *[(tone, f"{tone}-tint") for tone in ("accent", "danger", "warn", "ok", "drill")],
    *[("text", f"person-{hue}") for hue in range(8)],
    ("text", "accent-tint"),
    ("text", "danger-tint"),
    ("text", "warn-tint"),
    ("text", "ok-tint"),
    ("accent-on", "accent-fill"),
    ("accent-on", "accent-fill-hover"),
    ("danger-on", "danger-fill"),
    ("danger-on", "danger-fill-hover"),
    *[(f"sev-{level}-on", f"sev-{level}-fill") for level in (1, 2, 3, 4)],
    *[(f"sev-{level}-text", f"sev-{level}-tint") for level in (1, 2, 3, 4)],
    *[(text, f"sev-{level}-tint") for text in ("text", "text-muted") for level in (1, 2, 3, 4)],
]
# What is not text but has to be seen: outlines of controls, focus rings, the bars of the phases.
SHAPES = [
    *[("line-control", surface) for surface in ("canvas", "surface", "surface-raised")],
    *[("focus", surface) for surface in SURFACES],
    *[(tone, "surface-active") for tone in ("accent", "danger", "text-faint")],
    *[(f"sev-{level}-text", "canvas") for level in (1, 2, 3, 4)],
    ("ok", "canvas"),
]


def _tokens() -> dict[str, tuple[str, str]]:
    """Return each colour's light and dark value."""
    return {name: (light, dark) for name, light, dark in TOKEN.findall((CSS / "tokens.css").read_text())}


def _luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2, 0 to 1."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """Return the contrast ratio, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_gives_the_known_extremes() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (SHAPES, 3.0)], ids=["text", "shapes"])
def test_each_pair_can_be_read(theme: int, pairs: list[tuple[str, str]], least: float) -> None:
    tokens = _tokens()
    ratios = {pair: _contrast(tokens[pair[0]][theme], tokens[pair[1]][theme]) for pair in pairs}
    assert {f"{a} on {b}": round(ratio, 2) for (a, b), ratio in ratios.items() if ratio < least} == {}


def test_no_other_file_names_a_colour() -> None:
    literal = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl|oklch|oklab|lab|lch)a?\(", re.IGNORECASE)
    found = {
        path.name: literal.findall(path.read_text())
        for path in CSS.rglob("*.css")
        if path.name != "tokens.css"
    }
    assert {name: colours for name, colours in found.items() if colours} == {}


def test_every_token_that_is_used_exists() -> None:
    local = re.compile(r"(--[\w-]+)\s*:")
    defined = {name for path in CSS.rglob("*.css") for name in local.findall(path.read_text())}
    used = {name for path in CSS.rglob("*.css") for name in re.findall(r"var\((--[\w-]+)", path.read_text())}
    assert used - defined == set()
