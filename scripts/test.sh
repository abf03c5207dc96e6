#!/bin/sh
# make test: ARGS is handed to pytest.
set -eu
cd "$(dirname "$0")/.."
sh scripts/lint.sh
# shellcheck disable=SC2086 # ARGS is several words
exec sh scripts/suite.sh -n 2 ${ARGS:-}
