"""The kinds of contact method: what each asks for, and which are offered here."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from accounts.models import ContactMethod

Kind = ContactMethod.Kind


@dataclass(frozen=True, slots=True)
class KindInfo:
    """How a kind is asked for. ``is_set_up`` says whether this installation can use it."""

    kind: str
    icon: str
    address_label: str
    hint: str
    inputmode: str = "text"
    is_set_up: Callable[[], bool] = lambda: True

    @property
    def label(self) -> str:
        return str(Kind(self.kind).label)


def _telephone() -> bool:
    return bool(settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN and settings.TWILIO_FROM)


def _voice() -> bool:
    return _telephone() and bool(settings.TWILIO_VOICE_FROM or not settings.TWILIO_FROM.startswith("MG"))


_NUMBER = "As you would dial it; from another country with + and the country code."
_ALL = [
    KindInfo(Kind.EMAIL, "mail", "Mail address", "", "email"),
    KindInfo(Kind.SMS, "message-square", "Telephone number", _NUMBER, "tel", _telephone),
    KindInfo(Kind.VOICE, "phone", "Telephone number", _NUMBER, "tel", _voice),
    KindInfo(Kind.WEB_PUSH, "monitor-smartphone", "", "Notifications, with a button that takes the page."),
    KindInfo(Kind.NTFY, "bell-ring", "Topic", "Its name, or its address: https://ntfy.sh/a-name-nobody-guesses. "
             "Subscribe to it in the ntfy app.", "url"),
    KindInfo(Kind.SLACK, "hash", "Member ID", "In Slack under your profile, “Copy member ID”. Such as U024BE7LH.",
             is_set_up=lambda: bool(settings.SLACK_BOT_TOKEN)),
    KindInfo(Kind.TELEGRAM, "send", "Chat number", "Write to the bot first. @userinfobot tells you your number.",
             "numeric", lambda: bool(settings.TELEGRAM_BOT_TOKEN)),
    KindInfo(Kind.TEAMS, "users", "Workflow address",
             "In Teams: Workflows, “Send webhook alerts to a chat”, copy the address.", "url"),
    KindInfo(Kind.MATTERMOST, "message-circle", "Webhook address",
             "Of an incoming webhook that is locked to a channel of your own.", "url"),
    KindInfo(Kind.DISCORD, "gamepad-2", "Webhook address", "Of a channel: Integrations, Webhooks, “Copy URL”.", "url"),
    KindInfo(Kind.WEBHOOK, "webhook", "Address", "Gets a signed POST. What signs it stands under “Change”.", "url"),
    KindInfo(Kind.IN_APP, "bell", "", "Everybody has it anyway, under the bell."),
]  # fmt: skip
INFO: dict[str, KindInfo] = {info.kind: info for info in _ALL}


def is_offered(kind: str) -> bool:
    """Return whether this installation can and may use a kind (``CONTACT_KINDS``). Mail is always there."""
    info = INFO.get(kind)
    if info is None or not info.is_set_up():
        return False
    return kind in {Kind.EMAIL, Kind.IN_APP} or not settings.CONTACT_KINDS or kind in settings.CONTACT_KINDS


def offered() -> list[KindInfo]:
    """Return the kinds that people may add, in the order in which they are shown."""
    return [info for info in _ALL if is_offered(info.kind)]
