"""The doors from a URL to this app's rows: a page by its link's token, a page of one's own, agenda items."""

from datetime import timedelta

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db.models import QuerySet

from accounts.models import User
from common.errors import NotFound
from escalation.engine.wording import SALT
from escalation.models import AgendaItem, EscalationTimer, Page
from incidents.models import Incident

LINK_LIFE = timedelta(hours=24)


class ExpiredLink(NotFound):
    """The link was real once (410). ``page`` is the one it was for, or None when that is gone."""

    status = 410
    code = "expired"

    def __init__(self, sentence: str, page: Page | None = None) -> None:
        super().__init__(sentence)
        self.page = page


def page_of_token(token: str) -> Page:
    """Return the page that a link's token was signed for (security.md, "Single-purpose links").

    Raises ``NotFound`` (404) for a token that is not ours, and ``ExpiredLink`` (410) when it is older than a day or its
    page or person is gone.
    """
    signer = TimestampSigner(salt=SALT)
    try:
        page = _page(signer.unsign(token, max_age=LINK_LIFE))
    except SignatureExpired:
        raise ExpiredLink("This link has expired: it works for a day.", _page(signer.unsign(token))) from None
    except BadSignature:
        raise NotFound("This link is not one of ours. Open the newest message, or sign in.") from None
    if page is None or page.user is None:
        raise ExpiredLink("What this link was for is gone.")
    if not page.user.is_active:
        raise ExpiredLink(f"{page.user} can no longer sign in, so this link has ended too.")
    return page


def _page(value: str) -> Page | None:
    rows = Page.objects.select_related("incident__team", "incident__acknowledged_by", "user")
    return rows.filter(pk=int(value)).first() if value.isdecimal() else None


def pages_visible_to(user: User) -> QuerySet[Page]:
    """Return the pages of incidents that this person may know of."""
    return Page.objects.filter(incident__in=_incidents(user)).select_related("incident", "user")


def timers_visible_to(user: User) -> QuerySet[EscalationTimer]:
    """Return the timers of incidents that this person may know of."""
    return EscalationTimer.objects.filter(incident__in=_incidents(user)).select_related("incident")


def agenda_visible_to(user: User) -> QuerySet[AgendaItem]:
    """Return the agenda items of incidents that this person may know of."""
    return AgendaItem.objects.filter(incident__in=_incidents(user)).select_related("incident", "discussed_by")


def own_page(user: User, pk: int) -> Page:
    """Return one of the person's own pages. Raises ``NotFound``."""
    page = pages_visible_to(user).filter(pk=pk, user=user).first()
    if page is None:
        raise NotFound("There is no such page, or it is for somebody else.")
    return page


def _incidents(user: User) -> QuerySet[Incident]:
    return Incident.objects.visible_to(user)
