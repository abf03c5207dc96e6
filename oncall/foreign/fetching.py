"""Gets a calendar from its address. Runs in the worker only: never in a request, never in a transaction."""

import re
import zlib
from dataclasses import dataclass
from urllib.parse import urlsplit

from common import outbound
from oncall.foreign.problems import CalendarProblem

SECONDS = 10.0
MOST_BYTES = 2 * 1024 * 1024
_TOO_LARGE = "The calendar is larger than 2 MB. Offer one with fewer or newer events."
_PAGE = (
    "This address answers with a web page, not with a calendar. Look for the “secret address in iCal format” or "
    "the link that ends in .ics."
)
_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A calendar's text and its ETag; ``text`` None says that it is still as it was."""

    text: str | None
    etag: str = ""


def https_of(url: str) -> str:
    """Return the address as it is fetched: ``webcal://`` is another word for ``https://``."""
    scheme, separator, rest = url.strip().partition("://")
    return f"https://{rest}" if separator and scheme.lower() in {"webcal", "webcals"} else url.strip()


def fetch(url: str, *, etag: str = "", seconds: float = SECONDS) -> Fetched:
    """Return the calendar behind an address. Raises ``CalendarProblem`` with a sentence for whatever goes wrong."""
    headers = {"Accept": "text/calendar, */*;q=0.1", "Accept-Encoding": "identity"}
    if etag:
        headers["If-None-Match"] = etag
    try:
        answer = outbound.request("GET", https_of(url), headers=headers, seconds=seconds, limit=MOST_BYTES)
    except outbound.OutboundRefused as error:
        raise CalendarProblem(f"This address cannot be read: {error}") from error
    except outbound.OutboundFailed as error:
        raise CalendarProblem(_failed(error, seconds)) from error
    if answer.status == 304 and etag:
        return Fetched(None, etag)
    _check_status(answer)
    body = _unpacked(answer.body, answer.headers.get("content-encoding", ""))
    return Fetched(_text(body, answer.headers.get("content-type", "")), answer.headers.get("etag", "")[:200])


def _failed(error: outbound.OutboundFailed, seconds: float) -> str:
    if "larger than" in str(error):
        return _TOO_LARGE
    if "timed out" in str(error) or "not done after" in str(error):
        return f"The address did not answer in {seconds:g} seconds."
    return f"The address did not answer: {error}"


def _check_status(answer: outbound.Answer) -> None:
    if 300 <= answer.status < 400:
        host = urlsplit(answer.headers.get("location", "")).hostname
        where = f" at {host}" if host else ""
        raise CalendarProblem(f"This address leads on to another{where}. Enter the one where it ends.")
    if answer.status in {401, 403}:
        raise CalendarProblem("The calendar is not open to whoever has its address: it asks for a log-in.")
    if answer.status in {404, 410}:
        raise CalendarProblem("There is no calendar at this address (any more).")
    if answer.status != 200:
        raise CalendarProblem(f"The calendar's server answers with status {answer.status}.")


def _unpacked(body: bytes, encoding: str) -> bytes:
    """Return the body without its compression, which nobody asked for. Stops at the limit: a bomb stays packed."""
    kind = encoding.strip().lower()
    if kind in {"", "identity"}:
        return body
    if kind not in {"gzip", "x-gzip", "deflate"}:
        raise CalendarProblem(f"The calendar is sent compressed as {kind[:20]}, which cannot be read.")
    unpacker = zlib.decompressobj(wbits=47 if kind != "deflate" else 15)
    try:
        plain = unpacker.decompress(body, MOST_BYTES + 1)
    except zlib.error as error:
        raise CalendarProblem("The calendar's compression is broken.") from error
    if len(plain) > MOST_BYTES:
        raise CalendarProblem(_TOO_LARGE)
    if not unpacker.eof:
        raise CalendarProblem("The calendar broke off.")
    return plain


def _text(body: bytes, content_type: str) -> str:
    text = _decoded(body, content_type)
    start = text.lstrip("\ufeff \t\r\n")[:200].lower()
    if start.startswith(("<!doctype", "<html", "<head", "<body")):
        raise CalendarProblem(_PAGE)
    if "begin:vcalendar" not in text[:5000].lower():
        raise CalendarProblem("This is not a calendar: it does not begin with BEGIN:VCALENDAR.")
    if "end:vcalendar" not in text[-5000:].lower():
        raise CalendarProblem("The calendar broke off: its end is missing.")
    return text


def _decoded(body: bytes, content_type: str) -> str:
    declared = _CHARSET.search(content_type)
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        charsets = ["utf-16"]
    else:
        charsets = ["utf-8-sig", *([declared[1]] if declared else [])]
    for charset in charsets:
        try:
            return body.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    raise CalendarProblem("The calendar's text is not UTF-8, and its server does not say what it is.")
