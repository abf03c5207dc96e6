#!/bin/sh
# make test: ARGS is handed to pytest.
set -eu
cd "$(dirname "$0")/.."
sh scripts/lint.sh
# worksteal: whoever has finished takes over what the other has left. A test takes from a millisecond to a minute.
# shellcheck disable=SC2086 # ARGS is several words
exec sh scripts/suite.sh -n 2 --dist worksteal ${ARGS:-}
