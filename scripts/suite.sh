#!/bin/sh
# Runs pytest on SQLite and then on a PostgreSQL of its own: suite.sh [pytest's arguments]
# The second run happens whatever the first one showed; the exit code tells of both.
set -u
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
failed=0

echo "== Tests on SQLite"
# Named, so that neither the environment nor .env leads the tests to anybody's real database.
DATABASE_URL=sqlite:///var/test.sqlite3 python -m pytest "$@" || failed=1

echo "== Tests on PostgreSQL"
python scripts/private_postgres.py run -- python -m pytest "$@" || failed=1

exit $failed
