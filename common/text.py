"""Text from outside, made safe to store: what PostgreSQL, mail headers and eyes cannot take is removed."""

import re
import unicodedata

# Controls but tab and newline; lone surrogates cannot be encoded; bidirectional overrides can disguise a command.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\u200b]"
)
_SPACES = re.compile(r"\s+")


def clean(text: str, *, limit: int | None = None) -> str:
    """Return ``text`` as NFC with LF line ends, without control, override and zero-width space characters, trimmed.

    Right-to-left letters and emoji stay as they are. With ``limit`` the result is cut to that length, with "…".
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _FORBIDDEN.sub("", text).strip()
    if limit is not None and len(text) > limit:
        text = text[: limit - 1].rstrip() + "…"
    return text


def clean_line(text: str, *, limit: int | None = None) -> str:
    """Return ``clean(text)`` on a single line: any run of white space is one space (mail subjects, titles, names)."""
    return clean(_SPACES.sub(" ", text), limit=limit)


def csv_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet takes it for a formula: one that begins like it gets an apostrophe."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
