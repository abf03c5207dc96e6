"""The rotas have left for the app ``oncall``, which has renamed their tables."""

from django.db import migrations

MOVED = ["LayerMember", "LayerWindow", "Override", "RoleTarget", "Layer", "Schedule"]


class Migration(migrations.Migration):
    dependencies = [
        ("escalation", "0002_escalation_first_epoch"),
        ("oncall", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name=name) for name in MOVED]
        )
    ]
