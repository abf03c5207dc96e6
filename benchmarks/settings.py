"""The product's settings, without what only development has: the benchmark must not measure debug pages."""

from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import STATIC_ROOT

DEBUG = False
# Found as in production, without collecting static files first.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
# Whitenoise warns where it is missing.
Path(STATIC_ROOT).mkdir(exist_ok=True)
