#!/bin/sh
# make run: everything from a fresh clone to a running Allclear.
# PORT chooses the port, DEMO=0 leaves out the demo's people and incidents.
set -eu
cd "$(dirname "$0")/.."

: "${PORT:=8000}" "${DEMO:=1}"
# Run from a checkout, Allclear serves its files from where they lie, and shows the style guide.
export DEBUG="${DEBUG:-1}" SITE_URL="${SITE_URL:-http://127.0.0.1:$PORT}"
# What is said on the terminal is the address and the log-ins, at once, and otherwise only what goes wrong.
export LOG_LEVEL="${LOG_LEVEL:-WARNING}" PYTHONUNBUFFERED=1

make_secret_key() {
    mkdir -p -m 700 var
    # First under another name: a key that is cut short by a Ctrl-C is worse than none.
    (umask 077 && od -An -tx1 -N48 /dev/urandom | tr -d ' \n' >var/secret_key.new)
    mv var/secret_key.new var/secret_key
}

sh scripts/bootstrap.sh base
.venv/bin/python -S scripts/check_port.py "$PORT"
[ -s var/secret_key ] || make_secret_key
if [ "$DEMO" = 0 ]; then
    .venv/bin/python manage.py prepare
else
    .venv/bin/python manage.py prepare --demo
fi
# exec: a signal to this process is a signal to the server.
exec .venv/bin/python manage.py serve --port "$PORT"
