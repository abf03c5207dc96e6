"""What the queue does for accounts. Arguments are primary keys."""

import logging

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User

logger = logging.getLogger(__name__)


def mail_password_reset(user_pk: int) -> None:
    """Mail a link that sets a new password: it works once, and until the password or the last sign-in changes."""
    user = User.objects.filter(pk=user_pk, is_active=True).first()
    if user is None:
        logger.info("password_reset.person_gone", extra={"user": user_pk})
        return
    token = EmailAwarePasswordResetTokenGenerator().make_token(user)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": token}
    )
    context = {"person": user, "link": f"{settings.SITE_URL}{path}", "site": settings.SITE_URL}
    text = render_to_string("account/mail_password_reset.txt", context)
    EmailMultiAlternatives("Set a new Allclear password", text, to=[user.email]).send()
