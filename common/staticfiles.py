"""Static files under names that change with their content, and pages that work even where nobody collected them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ForgivingManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # it has no types
    """A file that is not in the manifest keeps its plain name instead of failing the page.

    Without a style sheet the link in a page can still be opened and answered; an error page helps nobody at night.
    """

    def stored_name(self, name: str) -> str:
        try:
            stored: str = super().stored_name(name)
        except ValueError:
            return name
        return stored
