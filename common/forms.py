"""How Django renders forms here: set as FORM_RENDERER, so that ``{{ form }}`` and ``{% field %}`` look alike."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Renders whole forms and single fields with the design system's templates. Needs "django.forms" installed."""

    form_template_name = "components/_form.html"
    field_template_name = "components/_field.html"
