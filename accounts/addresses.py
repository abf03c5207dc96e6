"""Addresses of contact methods: checked and brought into one form, and shortened for everybody but their owner."""

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from common.errors import Invalid
from common.text import clean_line

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

LONGEST, LONGEST_PUSH = 500, 1000
_LONGEST_NUMBER = 60
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_MEMBER = re.compile(r"[UW][A-Z0-9]{5,20}")
_CHAT = re.compile(r"-?[0-9]{3,20}")
_PRINTABLE = re.compile(r"[!-~]+")
_URLS = {"webhook": "", "teams": "", "mattermost": "/hooks/", "discord": "/api/webhooks/"}


def normalise(kind: str, text: str, *, region: str = "") -> str:
    """Return an address of this kind in the form in which it is stored; "" for "in Allclear".

    ``region`` is the ISO country of a telephone number without a "+". Raises ``Invalid`` for the field ``address``,
    with a sentence that says what is wrong.
    """
    if kind == "in_app":
        return ""
    text = clean_line(text)
    longest = LONGEST_PUSH if kind == "web_push" else LONGEST
    if len(text) > longest:
        raise _wrong(f"This address is longer than {longest} characters.")
    if kind == "email":
        return _mail(text)
    if kind in {"sms", "voice"}:
        return _number(text, region, for_sms=kind == "sms")
    if kind == "ntfy":
        return _topic(text)
    if kind == "slack":
        return _identifier(text.upper(), _MEMBER, "A Slack member ID begins with U or W, such as U024BE7LH.")
    if kind == "telegram":
        return _identifier(text, _CHAT, "The number of a Telegram chat has digits only, such as 123456789.")
    return _url(text, _URLS.get(kind, ""))


def masked(kind: str, address: str) -> str:
    """Return as much of an address as anybody but its owner may see; of a mail address all of it."""
    if kind == "email" or not address:
        return address
    if kind in {"sms", "voice"}:
        return f"{address[:3]}…{address[-3:]}"
    if "://" in address:
        return f"{urlsplit(address).hostname or ''}/…"
    return f"{address[:1]}…{address[-2:]}"


def readable(kind: str, address: str) -> str:
    """Return an address as its owner wrote it, or would: telephone numbers in groups."""
    if kind not in {"sms", "voice"}:
        return address
    import phonenumbers

    try:
        number = phonenumbers.parse(address)
    except phonenumbers.NumberParseException:
        return address
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def region_of_zone(zone: str) -> str:
    """Return the ISO country in which a time zone lies, or "" for one that lies in none, such as UTC."""
    return _countries().get(zone, "")


@cache
def _countries() -> dict[str, str]:
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[2]: row[0] for row in rows if len(row) > 2}


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, field="address")


def _mail(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise _wrong("This is not a mail address.") from None
    if len(text) > 254:
        raise _wrong("This address is longer than 254 characters.")
    return text


def _number(text: str, region: str, *, for_sms: bool) -> str:
    """Return a telephone number in E.164, from any national form of ``region`` or an international one."""
    import phonenumbers  # costs 20 ms, and most processes never ask

    if not any(letter.isdigit() for letter in text) or len(text) > _LONGEST_NUMBER:
        raise _wrong("This is not a telephone number.")
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as error:
        if error.error_type == error.INVALID_COUNTRY_CODE:
            raise _wrong(
                "Begin with + and the country, such as +44 7400 123456: your time zone does not say which it is."
                if not text.lstrip().startswith("+")
                else "No country has this code. Begin with + and the country, such as +44 7400 123456."
            ) from None
        raise _wrong("This is not a telephone number.") from None
    _require_reachable(number, for_sms=for_sms)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _require_reachable(number: "PhoneNumber", *, for_sms: bool) -> None:
    import phonenumbers
    from phonenumbers import PhoneNumberType, ValidationResult

    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == ValidationResult.TOO_SHORT:
        raise _wrong("This number has too few digits.")
    if reason == ValidationResult.TOO_LONG:
        raise _wrong("This number has too many digits.")
    if not phonenumbers.is_valid_number(number):
        raise _wrong("There is no such number in this country. Is the country code right?")
    if number.extension:
        raise _wrong("An extension cannot be dialled. Give a number that rings by itself.")
    kind = phonenumbers.number_type(number)
    if kind in {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}:
        raise _wrong("Numbers that cost extra are not called.")
    if for_sms and kind in {PhoneNumberType.FIXED_LINE, PhoneNumberType.TOLL_FREE}:
        raise _wrong("This line gets no SMS. Add it as a telephone call.")


def _topic(text: str) -> str:
    """Return the address of an ntfy topic; a bare name is one on ``NTFY_URL``."""
    if _TOPIC.fullmatch(text):
        return f"{settings.NTFY_URL}/{text}"
    address = _url(text if "://" in text else f"https://{text}", "")
    parts = urlsplit(address)
    if parts.query or parts.fragment or not _TOPIC.fullmatch(parts.path.strip("/")):
        raise _wrong("Give the name of the topic, or its address, such as https://ntfy.sh/my-pages.")
    return address.rstrip("/")


def _identifier(text: str, form: re.Pattern[str], sentence: str) -> str:
    if not form.fullmatch(text):
        raise _wrong(sentence)
    return text


def _url(text: str, must_contain: str) -> str:
    """Return an address that can be called. Whether it may be is asked when it is: names change where they lead."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not _PRINTABLE.fullmatch(text):
        raise _wrong("This is not an address. It begins with https://.")
    if parts.username or parts.password:
        raise _wrong("An address must not contain a user name or a password.")
    if must_contain not in parts.path:
        raise _wrong(f"This is not the address of such a webhook: it has {must_contain} in it.")
    return text
