#!/bin/sh
# make lint: everything that can be said about the code without running it.
set -eu
cd "$(dirname "$0")/.."
sh scripts/bootstrap.sh test
PATH=$PWD/.venv/bin:$PATH

templates() {
    find . -path ./.venv -prune -o -path '*/templates/*.html' -print
}

say() {
    echo "== $*"
    "$@"
}

# As in production, so that check --deploy has nothing to excuse.
in_production() {
    env DEBUG=0 SITE_URL=https://allclear.example ALLOWED_HOSTS=allclear.example \
        SECRET_KEY=0123456789abcdefghijklmnopqrstuvwxyz-only-to-check-the-settings \
        API_KEY_PEPPER=zyxwvutsrqponmlkjihgfedcba9876543210-only-to-check-the-settings \
        DEFAULT_FROM_EMAIL='Allclear <allclear@allclear.example>' DATABASE_URL=sqlite://:memory: "$@"
}

say ruff check --quiet .
say ruff format --check --quiet .
# shellcheck disable=SC2046 # names of templates have no spaces
say djade --target-version 5.2 --check $(templates)
say mypy .
# The files of a checkout need not be collected to check its settings.
STATIC_ROOT=$(mktemp -d)
trap 'rm -rf "$STATIC_ROOT"' EXIT
export STATIC_ROOT
echo '{}' >"$STATIC_ROOT/staticfiles.json"
in_production python manage.py makemigrations --check --dry-run
in_production python manage.py check --deploy --fail-level WARNING
