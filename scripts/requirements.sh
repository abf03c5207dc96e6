#!/bin/sh
# make requirements: pins for every supported Python and system, with hashes and without any index's address.
set -eu
cd "$(dirname "$0")/.."

if ! command -v uv >/dev/null 2>&1; then
    echo "uv compiles the requirements, and it is not installed: python -m pip install uv" >&2
    exit 1
fi

compile() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make requirements" \
        ${UPGRADE:+--upgrade} pyproject.toml "$@"
}

compile -o requirements/base.txt
compile --extra redis -c requirements/base.txt -o requirements/redis.txt
compile --group test -c requirements/base.txt -o requirements/test.txt
