#!/bin/sh
# Runs seedwatch, installing it into .venv first if need be:
#
#   sh service/launch.sh            the daemon (with a starter configuration on first use)
#   sh service/launch.sh demo       try everything, at no cost
#   sh service/launch.sh ARGS...    seedwatch ARGS...
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
. "$root/service/venv.sh"
need_venv "" || exit 1

if [ "$#" -eq 0 ]; then
    set -- run --init
fi
# -P: a file in the current directory must not pass for a module.
exec "$python" -P -m seedwatch "$@"
