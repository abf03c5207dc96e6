"""What is said where a browser cannot be driven."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.chromium import find_chromium, why_not


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    """Answers are kept for the whole run: not those that these tests provoke."""
    for function in (find_chromium, why_not):
        function.cache_clear()
    yield
    for function in (find_chromium, why_not):
        function.cache_clear()


@pytest.fixture
def chromium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "chromium"
    program.touch(mode=0o755)
    monkeypatch.setenv("ALLCLEAR_CHROMIUM", str(program))
    return program


def test_the_one_that_is_named_is_used(chromium: Path) -> None:
    assert find_chromium() == str(chromium)


def test_without_a_chromium_it_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLCLEAR_CHROMIUM", "")
    assert why_not() == "no Chromium was found. Install chromium, or name one in ALLCLEAR_CHROMIUM."


def test_a_driver_that_cannot_start_says_what_it_misses(
    chromium: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho 'libatomic.so.1: not found' >&2\nexit 127\n")
    node.chmod(0o755)
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(node))
    assert why_not() == "Playwright cannot start (libatomic.so.1: not found). On Debian, install libatomic1."
