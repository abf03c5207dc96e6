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


def markdown(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = [f"| {row.what} | {row.value} | {row.beside} |" for row in rows]
    return "\n".join(["| " + " | ".join(HEADINGS) + " |", "|---|---|---|", *lines, ""])
