"""Contact methods that are known to reach their person count as verified: pages go on reaching everybody as before.

See docs/decisions/0009-verified-contact-methods.md.
"""

from django.db import migrations
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone


def verify(apps, schema_editor):
    """Take as verified the sign-in address, what is in Allclear, and each address where something was delivered."""
    ContactMethod = apps.get_model("accounts", "ContactMethod")
    Delivery = apps.get_model("communications", "Delivery")
    reached = Delivery.objects.filter(contact_method=OuterRef("pk"), state="delivered")
    sign_in = Q(kind="email", address__iexact=F("user__email"))
    known = ContactMethod.objects.filter(verified_at=None).filter(
        Q(kind="in_app") | sign_in | Exists(reached)
    )
    keys = list(known.values_list("pk", flat=True))
    ContactMethod.objects.filter(pk__in=keys).update(verified_at=timezone.now())


class Migration(migrations.Migration):
    dependencies = [
        ("communications", "0003_more_ways_out"),
        ("accounts", "0004_verified_contact_methods"),
    ]

    operations = [migrations.RunPython(verify, migrations.RunPython.noop)]
