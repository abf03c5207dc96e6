"""The line of ARCHITECTURE.md: a module imports from its own app and from those below, and stays small."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Who may import whom: each row may import the rows above it; apps of one row do not import each other.
LINE = [
    {"common"},
    {"accounts"},
    {"incidents"},
    {"communications"},
    {"oncall"},
    {"escalation", "alerts", "postmortems", "readiness"},
    {"config"},
]
LEVEL = {app: level for level, apps in enumerate(LINE) for app in apps}
LONGEST_FILE = 500
LONGEST_FUNCTION = 60

MODULES = sorted(
    path.relative_to(ROOT)
    for app in LEVEL
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
)


def imported_apps(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yields line and app of every import, those inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        else:
            continue
        for name in names:
            app = name.split(".")[0]
            if app in LEVEL:
                yield node.lineno, app


def may_import(importer: str, imported: str) -> bool:
    return imported == importer or LEVEL[imported] < LEVEL[importer]


def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), str(path))


def test_there_is_something_to_look_at() -> None:
    assert {path.parts[0] for path in MODULES} == set(LEVEL)


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_only_from_below(path: Path) -> None:
    app = path.parts[0]
    upward = [
        f"line {line}: {other}" for line, other in imported_apps(parsed(path)) if not may_import(app, other)
    ]
    assert upward == []


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_and_its_functions_stay_small(path: Path) -> None:
    tree = parsed(path)
    assert len((ROOT / path).read_text().splitlines()) <= LONGEST_FILE
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_settings_name_the_apps_above_only_as_text() -> None:
    """The wiring lists are dotted paths: importing them there would import the world with the settings."""
    apps = {app for _, app in imported_apps(parsed(Path("config/settings.py")))}
    assert apps <= {"common", "config"}


def test_an_import_inside_a_function_counts() -> None:
    tree = ast.parse("def f():\n    from escalation import engine\n    import common.clock\n")
    assert list(imported_apps(tree)) == [(2, "escalation"), (3, "common")]


def test_siblings_and_upward_imports_are_refused() -> None:
    assert not may_import("escalation", "alerts")
    assert not may_import("incidents", "communications")
    assert may_import("config", "postmortems")
