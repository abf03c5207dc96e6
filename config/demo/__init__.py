"""The demo: a small company with people, on-call, a past and one incident that is open right now."""

from config.demo.people import ALERT_KEY, LOGINS, PASSWORD, Login

__all__ = ["ALERT_KEY", "LOGINS", "PASSWORD", "Login", "welcome"]


def welcome(site_url: str) -> str:
    """Return what a visitor needs to begin: who can sign in, and how to send an alert to ``site_url``."""
    width = max(len(login.email) for login in LOGINS)
    people = [f"  {login.email:<{width}}  {login.name} {login.note}" for login in LOGINS]
    alert = '{"title": "Checkout fails", "severity": "critical"}'
    return "\n".join(
        [
            f"Sign in with one of these and the password {PASSWORD}",
            *people,
            f"The mail they get is at {site_url}/demo/mail/",
            "Send an alert:",
            f"  curl {site_url}/api/v1/alerts/{ALERT_KEY} -H 'Content-Type: application/json' -d '{alert}'",
        ]
    )
