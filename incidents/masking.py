"""Secrets in pasted output, masked before they are stored (R27)."""

import re

_PATTERNS = (
    re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(
        r"(?i)\b(pass(?:word|wd)?|secret|token|api[_-]?key|access[_-]?key)(\"?\s*[:=]\s*\"?)[^\s\"',;]{4,}"
    ),
    re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|xox[abpr]-[A-Za-z0-9-]{10,})"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"\bac_[0-9a-f]{12}_[A-Za-z0-9_-]{20,}"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://[^\s:/@]+):[^\s@/]+@"),
)
MASK = "•••"


def _masked(match: re.Match[str]) -> str:
    if match.re is _PATTERNS[0]:
        return f"{match[1]} {MASK}"
    if match.re is _PATTERNS[1]:
        return f"{match[1]}{match[2]}{MASK}"
    return f"{match[1]}:{MASK}@" if match.re is _PATTERNS[-1] else MASK


def mask_secrets(text: str) -> str:
    """Return ``text`` with what looks like passwords, tokens and keys replaced by "•••"."""
    for pattern in _PATTERNS:
        text = pattern.sub(_masked, text)
    return text
