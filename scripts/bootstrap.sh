#!/bin/sh
# Makes .venv and installs the pinned requirements: bootstrap.sh base|test
# Does nothing when the stamp says that this very list is installed already.
set -eu
cd "$(dirname "$0")/.."

wanted=$1
list=requirements/$wanted.txt
python=.venv/bin/python
fingerprint=$(cksum <"$list")

stamp() {
    echo .venv/installed-"$1"
}

is_installed() {
    [ "$(cat "$(stamp "$wanted")" 2>/dev/null)" = "$fingerprint" ] && $python -c '' 2>/dev/null
}

# What the tests need includes what the application needs, at the same versions.
is_installed_for_tests() {
    [ "$wanted" = base ] && [ "$(cat "$(stamp test)" 2>/dev/null)" = "$(cksum <requirements/test.txt)" ] &&
        $python -c '' 2>/dev/null
}

is_supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null
}

find_python() {
    for name in python3 python3.13 python3.12 python3.11 python3.14 python; do
        if is_supported "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "Allclear needs Python 3.11, 3.12, 3.13 or 3.14, and none was found on the PATH." >&2
    return 1
}

has_uv() {
    command -v uv >/dev/null 2>&1
}

make_venv() {
    rm -rf .venv
    found=$(find_python)
    echo "Creating .venv with $found"
    if has_uv && uv venv --quiet --python "$found" .venv; then
        return
    fi
    if ! "$found" -m venv .venv; then
        rm -rf .venv
        echo "$found cannot create virtual environments. On Debian and Ubuntu, install python3-venv." >&2
        return 1
    fi
}

install() {
    echo "Installing $list"
    # pip may know an index that uv does not, so that uv failing is no reason to give up.
    if has_uv && uv pip install --quiet --python $python --require-hashes -r "$list"; then
        return
    fi
    $python -m pip --version >/dev/null 2>&1 || $python -m ensurepip --upgrade >/dev/null
    $python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r "$list"
}

if is_installed || is_installed_for_tests; then
    exit 0
fi
if ! { [ -x $python ] && is_supported $python; }; then
    make_venv
fi
rm -f .venv/installed-*
install
echo "$fingerprint" >"$(stamp "$wanted")"
