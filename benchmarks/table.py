"""Rows of figures, for a terminal and for a document."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, the value with its unit, and what it stands beside."""

    what: str
    value: str
    beside: str = ""


HEADINGS = ("Measured", "Value", "Beside it")


def table(rows: list[Row]) -> str:
    """Return the rows in columns of equal width."""
    cells = [HEADINGS, *((row.what, row.value, row.beside) for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(3)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def markdown(found: dict[str, list[Row]]) -> str:
    """Return one Markdown table with a column for each database; what a figure stands beside follows it."""
    cells: dict[str, dict[str, str]] = {}
    for database, rows in found.items():
        for row in rows:
            beside = f" ({row.beside})" if row.beside else ""
            cells.setdefault(row.what, {})[database] = f"{row.value}{beside}"
    lines = [[what, *(values.get(database, "") for database in found)] for what, values in cells.items()]
    head = [["Measured", *found], ["---"] * (len(found) + 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in head + lines)
