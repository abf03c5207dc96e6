#!/bin/sh
# make format: import order, layout and templates.
set -eu
cd "$(dirname "$0")/.."
sh scripts/bootstrap.sh test
PATH=$PWD/.venv/bin:$PATH

ruff check --quiet --select I --fix .
ruff format .
# djade exits with 1 when it has changed something.
find . -path ./.venv -prune -o -path '*/templates/*.html' -exec djade --target-version 5.2 {} + || true
