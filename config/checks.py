"""Misconfiguration that would cost pages or secrets, found before anything starts (style.md, "Habits", 13)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.utils.module_loading import import_string

from accounts import kinds


@register(Tags.security)
def secret_key(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """A key of one process signs links and queued work that no other process can read."""
    if not settings.SECRET_KEY.startswith("unset-"):
        return []
    hint = "Set SECRET_KEY to 50 or more random characters, the same for every process (docs/reference/settings.md)."
    return [Caution("SECRET_KEY is not set.", hint=hint, id="allclear.W004")]


@register(Tags.database)
def queue_in_the_database(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """The ORM broker on the default database is what makes a queued task part of its transaction (reliability.md)."""
    if settings.Q_CLUSTER.get("orm") == "default":
        return []
    hint = (
        'Keep Q_CLUSTER["orm"] = "default": pages would be queued for changes that were rolled back, or lost.'
    )
    return [Error("The queue is not on the default database.", hint=hint, id="allclear.E002")]


@register(Tags.security)
def queue_times(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Time limit of a task < time until it is repeated, or tasks run twice."""
    queue = settings.Q_CLUSTER
    if queue["timeout"] < queue["retry"]:
        return []
    return [Error("Q_CLUSTER: timeout has to be below retry.", hint="Use 30 and 90.", id="allclear.E003")]


@register(Tags.urls)
def site_url(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """Links in pages are made from it: a wrong one is a page that nobody can answer."""
    if settings.SITE_URL.startswith(("http://", "https://")) and settings.SITE_URL.count("/") == 2:
        return []
    hint = "Give scheme and host, without a path: https://allclear.example.com"
    return [Error(f"SITE_URL is not an address: {settings.SITE_URL!r}.", hint=hint, id="allclear.E004")]


@register()
def ways_to_reach_people(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """A way that is half set up, or misspelt, is one that nobody can use the night they need it."""
    found: list[CheckMessage] = []
    telephone = {
        name: getattr(settings, name) for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
    }
    if any(telephone.values()) and not all(telephone.values()):
        missing = ", ".join(name for name, value in telephone.items() if not value)
        found.append(
            Caution("SMS and calls are half set up.", hint=f"Set {missing} too.", id="allclear.W006")
        )
    if settings.WEB_PUSH_KEY and not import_string(settings.PUSH_KEY)():
        hint = "Give 32 bytes in base64 for URLs, or leave it out (docs/reference/settings.md)."
        found.append(Caution("WEB_PUSH_KEY is not a key.", hint=hint, id="allclear.W008"))
    if unknown := sorted(set(settings.CONTACT_KINDS) - set(kinds.INFO)):
        hint = f"Use some of: {', '.join(kinds.INFO)}."
        found.append(Caution(f"CONTACT_KINDS names {', '.join(unknown)}.", hint=hint, id="allclear.W007"))
    return found


@register(Tags.security, deploy=True)
def production(app_configs: Any, **options: Any) -> list[CheckMessage]:
    """What is fine on a laptop and wrong where people rely on it."""
    found: list[CheckMessage] = []
    if settings.SITE_URL.startswith("http://"):
        hint = "Set SITE_URL to the https address that people open: links in mails are made from it."
        found.append(Caution("SITE_URL is not https.", hint=hint, id="allclear.W001"))
    if settings.API_KEY_PEPPER == settings.SECRET_KEY:
        hint = "Set API_KEY_PEPPER, or rotating SECRET_KEY makes every API key useless."
        found.append(Caution("API keys depend on SECRET_KEY.", hint=hint, id="allclear.W002"))
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost>"):
        hint = "Set DEFAULT_FROM_EMAIL to an address of yours: mail from localhost is refused as spam."
        found.append(Caution("Pages are sent from localhost.", hint=hint, id="allclear.W003"))
    if not settings.DEBUG and not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        hint = "Run manage.py collectstatic: until then pages come without style, script and icons."
        found.append(Caution("The static files were not collected.", hint=hint, id="allclear.W005"))
    return found
