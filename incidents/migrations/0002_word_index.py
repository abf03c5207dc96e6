"""An index over the words of incidents, for the search on PostgreSQL; SQLite does without."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# The same characters as ``incidents.wordsearch`` has; a test sees to it that the index is used.
PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"
CREATE = f"""CREATE INDEX incident_words ON incidents_incident USING gin (
    to_tsvector('simple', translate(title || ' ' || description, '{PUNCTUATION}', '{" " * 32}')))"""


def create(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(CREATE, params=None)


def drop(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX incident_words")


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
