#!/bin/sh
# make bench: ARGS is handed to the benchmarks. A durable PostgreSQL, since fsync is part of what is measured.
set -eu
cd "$(dirname "$0")/.."
sh scripts/bootstrap.sh test
# shellcheck disable=SC2086 # ARGS is several words
exec .venv/bin/python scripts/private_postgres.py run --durable -- .venv/bin/python -m benchmarks ${ARGS:-}
