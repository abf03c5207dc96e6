"""Settings that differ under test, each with its reason."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - only the base of a folder with a random name
KEY = "only-for-tests-0123456789abcdefghijklmnopqrstuvwxyz"
FOLDER = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FOLDER] = _folder()
    _use_a_database_file(config.stash[FOLDER])
    # Connections that a server's threads leave open would stop the test database from being removed.
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
    # Nobody runs collectstatic before the tests.
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.WHITENOISE_USE_FINDERS = True
    # Each django.test.Client starts the middleware anew, which would look at all 240 files: look when one is asked for.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.WHITENOISE_MAX_AGE = 60
    settings.STATIC_ROOT = str(config.stash[FOLDER] / "static")
    Path(settings.STATIC_ROOT).mkdir()
    # The programs that tests start must be able to read what the tests sign.
    settings.SECRET_KEY = os.environ["SECRET_KEY"] = KEY
    settings.API_KEY_PEPPER = os.environ["API_KEY_PEPPER"] = KEY
    # Threads of the clock's process would not see what a test's transaction holds.
    settings.DELIVERY_THREADS = 0
    # argon2 is slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


def _folder() -> Path:
    """Returns a folder that no other run has, in memory where that can be had: its fsync costs nothing."""
    base = MEMORY_DISK if MEMORY_DISK.is_dir() else None
    return Path(tempfile.mkdtemp(prefix="allclear-test-", dir=base))


def _use_a_database_file(folder: Path) -> None:
    """SQLite in memory has neither the journal nor the locks that production has."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(folder / "test.sqlite3")
