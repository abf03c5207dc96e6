"""How Django renders forms here: set as FORM_RENDERER, so that ``{{ form }}`` and ``{% field %}`` look alike."""

from django.forms import Field
from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Renders whole forms and single fields with the design system's templates. Needs "django.forms" installed."""

    form_template_name = "components/_form.html"
    field_template_name = "components/_field.html"


def needed(field: Field) -> None:
    """Mark a field that an action asks for, though not in every case: it does not read "optional".

    It is not ``required`` in HTML: what is missing is for the action to say, beside the field.
    """
    field.is_needed = True  # type: ignore[attr-defined]


def may_be_empty(field: Field) -> bool:
    """Return whether "optional" belongs beside a field."""
    return not (field.required or getattr(field, "is_needed", False))
