"""Where nobody ran collectstatic the pages have no look, but they work."""

from pathlib import Path

from pytest_django import Settings

from common.staticfiles import ForgivingManifestStorage


def test_a_file_that_was_not_collected_keeps_its_name(settings: Settings, tmp_path: Path) -> None:
    settings.DEBUG = False
    storage = ForgivingManifestStorage(location=tmp_path, base_url="/static/")
    assert storage.url("css/tokens.css") == "/static/css/tokens.css"
