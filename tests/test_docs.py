"""The documents agree with the code: the reference names everything there is, and links lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from accounts.models import ContactMethod
from communications import transports
from config.defaults.people import SEVERITIES, SYMPTOMS
from incidents.models import EventKind

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = sorted(
    path
    for folder in ("accounts", "alerts", "common", "communications", "config", "escalation", "incidents",
                   "postmortems", "scripts", "benchmarks", "templates")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".html", ".sh"}
)  # fmt: skip
OWN_APPS = (
    "accounts",
    "alerts",
    "common",
    "communications",
    "config",
    "escalation",
    "incidents",
    "oncall",
    "postmortems",
    "readiness",
)


def headings(path: str) -> set[str]:
    """Return the headings of a document below its title."""
    return set(re.findall(r"^###? (.+)$", (ROOT / path).read_text(), re.MULTILINE))


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of a document's headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }


def links(document: Path) -> Iterator[str]:
    """Yield where a document's links lead, other sites left out."""
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    for target in LINK.findall(text):
        if not target.startswith(("http://", "https://", "mailto:")):
            yield target


def test_each_kind_of_event_has_its_heading() -> None:
    assert headings("docs/reference/events.md") == set(EventKind.values)


def test_each_setting_of_the_environment_has_its_heading() -> None:
    source = (ROOT / "config/settings.py").read_text()
    named = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source))
    assert named - headings("docs/reference/settings.md") == set()


def test_each_management_command_has_its_heading() -> None:
    ours = {name for name, app in get_commands().items() if str(app) in OWN_APPS}
    assert headings("docs/reference/commands.md") == ours


def test_each_transport_has_its_heading() -> None:
    assert set(transports.TRANSPORTS) <= headings("docs/reference/transports.md")
    assert {str(kind) for kind in ContactMethod.Kind.values} <= headings("docs/reference/transports.md")


def test_the_severities_in_the_reference_are_the_default_data() -> None:
    text = (ROOT / "docs/reference/severities.md").read_text()
    for severity in SEVERITIES:
        assert severity["definition"] in text
        assert severity["business_impact"] in text
    for symptom in SYMPTOMS:
        assert symptom["text"] in text


def test_the_coverage_names_each_requirement_once_and_says_how_far_it_is() -> None:
    rows = re.findall(r"^\| (R\d\d) \| [^|]+ \| (\w+(?: \w+)?)", (ROOT / "docs/procedure-coverage.md").read_text(),
                      re.MULTILINE)  # fmt: skip
    assert [name for name, _ in rows] == [f"R{number:02}" for number in range(1, 74)]
    assert {state for _, state in rows} <= {"done", "part", "not yet"}


def test_the_coverage_names_files_of_code_and_tests_that_exist() -> None:
    text = (ROOT / "docs/procedure-coverage.md").read_text()
    named = [part for part in re.findall(r"`([^`]+)`", text) if "/" in part and not part.startswith("/")]
    assert len(named) > 100
    assert [part for part in named if not (ROOT / part).is_file()] == []


def test_what_the_coverage_calls_done_names_a_test() -> None:
    rows = re.findall(r"^\| (R\d\d) \| .+ \| done \| .+ \| (.*) \|$",
                      (ROOT / "docs/procedure-coverage.md").read_text(), re.MULTILINE)  # fmt: skip
    assert rows
    assert [name for name, tests in rows if "tests/" not in tests and tests != "likewise"] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_somewhere_within_the_repository(document: Path) -> None:
    for target in links(document):
        path, _, anchor = target.partition("#")
        found = (document.parent / path).resolve() if path else document
        assert found.is_relative_to(ROOT), f"{target} leads out of the repository"
        assert found.exists(), f"{target} leads nowhere"
        if anchor and found.suffix == ".md":
            assert anchor in anchors(found.read_text()), f"{target} has no such heading"


def test_documents_that_the_code_names_exist() -> None:
    named = {
        (name, path.relative_to(ROOT))
        for path in CODE
        for name in re.findall(r"\bdocs/[\w/.-]+?\.md\b", path.read_text())
    }
    assert {entry for entry in named if not (ROOT / entry[0]).exists()} == set()
