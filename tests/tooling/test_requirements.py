"""The lists that are installed: pinned, hashed, free of addresses, and just what is installed here."""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
LISTS = sorted(REQUIREMENTS.glob("*.txt"))
# What makes a virtual environment puts these in.
INSTALLERS = {"pip", "setuptools", "uv", "wheel"}


def entries(path: Path) -> Iterator[str]:
    """Yields each requirement as one line, with its hashes and without comments."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE)
    yield from filter(None, text.replace("\\\n", " ").splitlines())


def pins(path: Path) -> dict[str, str]:
    """Returns name and version of what belongs on this machine."""
    wanted = [Requirement(entry.partition("--hash")[0]) for entry in entries(path)]
    here = [each for each in wanted if each.marker is None or each.marker.evaluate()]
    return {canonicalize_name(each.name): str(each.specifier).removeprefix("==") for each in here}


def installed() -> dict[str, str]:
    return {canonicalize_name(each.name): each.version for each in metadata.distributions()}


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_and_hashed(path: Path) -> None:
    for entry in entries(path):
        assert re.match(r"[\w.\[\]-]+==\S+ ", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
def test_no_list_says_where_to_install_from(path: Path) -> None:
    assert not re.search(r"https?:|file:|index-url|find-links|trusted-host", path.read_text())


def test_the_tests_use_the_versions_that_production_uses() -> None:
    assert pins(REQUIREMENTS / "base.txt").items() <= pins(REQUIREMENTS / "test.txt").items()


def test_what_is_installed_is_what_is_pinned() -> None:
    ours = {name: version for name, version in installed().items() if name not in INSTALLERS}
    assert ours == pins(REQUIREMENTS / "test.txt")


def test_what_is_installed_fits_together() -> None:
    versions = installed()
    for distribution in metadata.distributions():
        for text in distribution.requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                found = versions.get(canonicalize_name(needed.name))
                assert found is not None, f"{distribution.name} needs {text}"
                assert needed.specifier.contains(found, prereleases=True), f"{distribution.name} needs {text}"
