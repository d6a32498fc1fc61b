# Makes and renews .venv; read by launch.sh and tests/run.sh, which set `root` first.
#
# `need_venv EXTRA` ("" or "dev") returns once .venv holds the package and that extra, and sets
# `python`. A stamp (checksum of pyproject.toml, extra, place, Python) makes every further start
# free. Nothing is printed on stdout: that belongs to the command that is run afterwards.

say() {
    printf 'seedwatch set-up: %s\n' "$*" >&2
}

# Python of the virtual environment; Git Bash on Windows has another layout.
find_venv_python() {
    python=$root/.venv/bin/python
    if [ -x "$root/.venv/Scripts/python.exe" ]; then
        python=$root/.venv/Scripts/python.exe
    fi
    [ -x "$python" ]
}

stamp_of() {
    printf '%s\n' "extra=$1" "root=$root" "$(cksum < "$root/pyproject.toml")" \
        "$("$python" -V 2>&1)"
}

# Whether .venv holds the extra; whatever needs only the package is content with any of them.
is_ready() {
    find_venv_python || return 1
    for extra in "$1" ${1:-dev}; do
        stamp=$root/.venv/.seedwatch-${extra:-plain}
        if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(stamp_of "$extra")" ]; then
            return 0
        fi
    done
    return 1
}

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' > /dev/null 2>&1
}

# The newest suitable Python of this machine, or $PYTHON; sets `base`.
find_base_python() {
    seen=
    for base in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        command -v "$base" > /dev/null 2>&1 || continue
        if is_recent "$base"; then
            return 0
        fi
        seen="$seen $("$base" -V 2>&1)"
    done
    if [ -n "$seen" ]; then
        say "Python 3.11 or newer is needed; here is only:$seen."
    else
        say "Python 3.11 or newer is needed; there is none here."
    fi
    say "Install it (Debian 12, Ubuntu 24.04 or newer: sudo apt install python3 python3-venv)," \
        "or install uv, which brings its own."
    return 1
}

make_with_uv() {
    if ! { find_venv_python && is_recent "$python"; }; then
        rm -rf "$root/.venv"
        uv venv --quiet --python '>=3.11' "$root/.venv" >&2 || return 1
    fi
    find_venv_python && uv pip install --quiet --python "$python" --editable "$1" >&2
}

make_with_pip() {
    if ! { find_venv_python && is_recent "$python"; }; then
        find_base_python || return 1
        if ! "$base" -c 'import venv, ensurepip' > /dev/null 2>&1; then
            version=$("$base" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            say "$base cannot make virtual environments: its parts venv or ensurepip are missing."
            say "On Debian or Ubuntu: sudo apt install python$version-venv (or python3-venv)."
            return 1
        fi
        "$base" -m venv --clear "$root/.venv" >&2 || return 1
        find_venv_python || return 1
    fi
    "$python" -m pip --version > /dev/null 2>&1 || "$python" -m ensurepip >&2 || return 1
    # Settings of the user's pip that are meant for other places would break this one.
    PIP_USER=0 PIP_TARGET= PIP_PREFIX= "$python" -m pip install --quiet --no-input \
        --disable-pip-version-check --editable "$1" >&2
}

unlock() {
    rm -rf "$root/.venv.lock"
}

# One set-up at a time; the lock of one that died is taken over.
lock() {
    waited=0
    until mkdir "$root/.venv.lock" 2> /dev/null; do
        if [ ! -w "$root" ]; then
            say "$root cannot be written."
            return 1
        fi
        owner=$(cat "$root/.venv.lock/pid" 2> /dev/null) || owner=
        # Of several that see a dead owner, the one that can make this directory goes on.
        if [ -n "$owner" ] && ! kill -0 "$owner" 2> /dev/null &&
            mkdir "$root/.venv.lock/after-$owner" 2> /dev/null; then
            break
        fi
        if [ "$waited" -eq 0 ]; then
            say "waiting for another set-up to finish"
        fi
        waited=$((waited + 1))
        if [ "$waited" -gt 900 ]; then
            say "another set-up does not finish; if there is none, remove $root/.venv.lock"
            return 1
        fi
        sleep 1
    done
    trap 'unlock' EXIT
    trap 'unlock; exit 130' INT
    trap 'unlock; exit 143' TERM HUP
    echo "$$" > "$root/.venv.lock/pid"
}

install_package() {
    wanted=$root
    if [ -n "$1" ]; then
        wanted="$root[$1]"
    fi
    say "installing into $root/.venv (once)"
    if command -v uv > /dev/null 2>&1; then
        make_with_uv "$wanted" && return 0
        say "uv did not manage; trying with pip"
    fi
    make_with_pip "$wanted"
}

need_venv() {
    unset PYTHONHOME
    is_ready "$1" && return 0
    lock || return 1
    if ! is_ready "$1"; then
        if ! install_package "$1"; then
            say "the installation failed; the lines above say why"
            return 1
        fi
        stamp_of "$1" > "$root/.venv/.seedwatch-${1:-plain}"
    fi
    unlock
    trap - EXIT INT TERM HUP
}
