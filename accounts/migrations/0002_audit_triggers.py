from django.db import migrations

SQLITE = {
    "audit_no_update": """
        CREATE TRIGGER audit_no_update BEFORE UPDATE ON accounts_auditentry
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END""",
    "audit_no_delete": """
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON accounts_auditentry
        BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END""",
}
# TRUNCATE has a trigger of its own, on purpose not here: tests empty their database with it, and whoever may truncate
# the table owns it and could drop the triggers as well. The chain of hashes shows either.
POSTGRESQL = [
    """
    CREATE FUNCTION accounts_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$
    """,
    """
    CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_only_grows()
    """,
]


def forbid(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    statements = POSTGRESQL if vendor == "postgresql" else SQLITE.values() if vendor == "sqlite" else []
    for statement in statements:
        schema_editor.execute(statement)


def allow(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER audit_no_change ON accounts_auditentry")
        schema_editor.execute("DROP FUNCTION accounts_audit_only_grows()")
    elif vendor == "sqlite":
        for name in SQLITE:
            schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    """The database itself refuses to change or remove an entry of the audit log."""

    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(forbid, allow)]
