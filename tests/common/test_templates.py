"""Templates can be read, reviewed and compared line by line."""

from pathlib import Path

import pytest
from django.conf import settings

WIDEST = 160
TEMPLATES = Path(settings.BASE_DIR) / "templates"


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_no_line_of_a_template_is_too_long_to_review(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    too_long = [f"{path}:{number}" for number, line in enumerate(lines, 1) if len(line) > WIDEST]

    assert not too_long
