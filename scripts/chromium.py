"""Finds the Chromium that drives the browser tests and takes the screenshots."""

import functools
import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Quiet, without a sandbox (which root has no use of), and without Chromium's own calls home.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page refers to by mistake, nothing outside this machine is asked for it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@functools.cache
def find_chromium() -> str | None:
    """Returns the path of a Chromium, or None. ALLCLEAR_CHROMIUM names one; set but empty, it means none."""
    named = os.environ.get("ALLCLEAR_CHROMIUM")
    if named is not None:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, NAMES)), None)
