"""Finds the Chromium that drives the browser tests and takes the screenshots."""

import functools
import os
import shutil
import subprocess

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


@functools.cache
def why_not() -> str | None:
    """Returns a sentence that says what is missing for driving a browser and how to get it, or None."""
    if find_chromium() is None:
        return "no Chromium was found. Install chromium, or name one in ALLCLEAR_CHROMIUM."
    from playwright._impl._driver import compute_driver_executable

    node, _script = compute_driver_executable()
    try:
        # The program that Playwright carries is linked to a library that a minimal Debian does not have.
        subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        return f"Playwright cannot start ({error.stderr.strip()}). On Debian, install libatomic1."
    return None
