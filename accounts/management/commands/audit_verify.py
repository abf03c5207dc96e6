"""``manage.py audit_verify``: has anybody tampered with the audit log?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import audit
from accounts.models import AuditEntry


class Command(BaseCommand):
    help = (
        "Check that each entry of the audit log fits the hash of the one before. Exits with 1 if one does not. "
        "Keep the printed last hash elsewhere: an end that was cut off shows only against it."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        faults = list(audit.broken())
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"The audit log was changed: {len(faults)} entries do not fit.")
        last = AuditEntry.objects.order_by("-sequence").first()
        count, digest = (last.sequence, last.hash) if last else (0, audit.FIRST)
        self.stdout.write(f"{count} entries, each fits the one before. Last hash: {digest}")
