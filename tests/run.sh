#!/bin/sh
# Runs the test suite, installing what it needs into .venv first; arguments go to pytest.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
. "$root/service/venv.sh"
need_venv dev || exit 1

cd "$root" || exit 1
# The whole suite mostly waits: three processes share the work, each file in one of them.
[ $# -gt 0 ] || set -- -n 3 --dist loadfile
exec "$python" -m pytest "$@"
