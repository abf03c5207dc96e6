#!/bin/sh
# make test-slow: ARGS is handed to pytest. One test at a time, since many of them measure lateness.
set -eu
cd "$(dirname "$0")/.."
sh scripts/bootstrap.sh test
# shellcheck disable=SC2086 # ARGS is several words
exec sh scripts/suite.sh -m slow --timeout 1200 --durations 10 ${ARGS:-}
