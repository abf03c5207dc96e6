#!/bin/sh
# make screenshots: ARGS is handed to scripts/screenshots.py.
set -eu
cd "$(dirname "$0")/.."
sh scripts/bootstrap.sh test
# shellcheck disable=SC2086 # ARGS is several words
exec .venv/bin/python -m scripts.screenshots ${ARGS:-}
