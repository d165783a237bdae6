# Sourced by ./pants when the recorded state is missing or out of date: finds an interpreter, lets
# bootstrap.py make what is missing, and reads the new state. Without an interpreter it turns to
# the official launcher, then to uv.

# Runs CANDIDATE and sets $found when it is a CPython that Pants 2.17 and the rules run on (Pants
# alone also runs on 3.7 and 3.8). A candidate must be run: a pyenv shim is on PATH even when no
# version is selected.
try_python() {
    [ -x "$1" ] && [ ! -d "$1" ] || return 1
    found=$("$1" -I -c '
import sys
if sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 9):
    sys.exit(1)
import ensurepip, ssl, venv, zlib
print(getattr(sys, "_base_executable", None) or sys.executable)
' 2>/dev/null </dev/null) && [ -x "$found" ] && return 0
    found=
    return 1
}

try_on_path() { # NAME
    set -f
    IFS=:
    for directory in $PATH; do
        try_python "${directory:-.}/$1" && break
    done
    unset IFS
    set +f
    [ -n "$found" ]
}

uv_pythons() {
    if [ -n "${UV_PYTHON_INSTALL_DIR-}" ]; then
        printf '%s' "$UV_PYTHON_INSTALL_DIR"
    else
        printf '%s' "${XDG_DATA_HOME:-${HOME-}/.local/share}/uv/python"
    fi
}

find_python() {
    found=
    if [ -n "${PANTS_BOOTSTRAP_PYTHON-}" ]; then
        try_python "$(command -v "$PANTS_BOOTSTRAP_PYTHON")" && return 0
        fail 3 "PANTS_BOOTSTRAP_PYTHON=$PANTS_BOOTSTRAP_PYTHON is no CPython 3.9 with ensurepip, ssl, venv and zlib" \
            "point it at one, or unset it to have one looked for"
    fi
    uv_directory=$(uv_pythons)
    try_on_path python3.9 && return 0
    for candidate in \
        "${PYENV_ROOT:-${HOME-}/.pyenv}"/versions/3.9.*/bin/python \
        "$uv_directory"/cpython-3.9.*/bin/python3; do
        try_python "$candidate" && return 0
    done
    for name in python3 python; do
        try_on_path "$name" && return 0
    done
    return 1
}

# The official launcher, if it is on PATH. This very script may be there too, and so may a copy of
# it in another clone: with the variable, that one looks no further for launchers.
find_launcher() {
    launcher=
    [ -z "${RULES_TRANSFORMERS_VIA_LAUNCHER-}" ] || return 1
    set -f
    IFS=:
    for directory in $PATH; do
        candidate=${directory:-.}/pants
        if [ -x "$candidate" ] && [ ! -d "$candidate" ] && [ ! "$candidate" -ef "$self" ]; then
            launcher=$candidate
            break
        fi
    done
    unset IFS
    set +f
    [ -n "$launcher" ]
}

python_from_uv() {
    command -v uv >/dev/null || return 1
    printf 'pants: no CPython 3.9 found; asking uv for one\n' >&2
    uv python install 3.9 >&2 || return 1
    try_python "$(uv python find 3.9 2>/dev/null)"
}

# Sets $auto_torch: bootstrap.py may still decide against cpu.
probe_accelerator() {
    auto_torch=
    [ "$torch" = auto ] || return 0
    auto_torch=cpu
    [ -n "$gpu" ] || return 0
    # A driver that hangs must not hang every start.
    if command -v timeout >/dev/null; then
        timeout 20 "$smi" -L >/dev/null 2>&1 </dev/null && auto_torch=cuda
    else
        "$smi" -L >/dev/null 2>&1 </dev/null && auto_torch=cuda
    fi
}

record_launcher() {
    umask_before=$(umask)
    umask 077
    set -f
    IFS=$newline
    mkdir -p "${state%/*}" && {
        printf 'mode=launcher\nprogram=%s\npath=%s\n' "$launcher" "$PATH"
        printf 'gpu=%s\nauto_torch=%s\n' "$gpu" "$auto_torch"
        printf '%s' "$environment" | sed 's/^/environment=/'
        cksum $inputs | sed 's/^/sum=/'
    } >"$state.$$" && mv -f "$state.$$" "$state"
    unset IFS
    set +f
    umask "$umask_before"
}

read_state </dev/null
probe_accelerator
if find_python; then
    :
elif find_launcher; then
    :
elif python_from_uv; then
    :
else
    printf '%s\n' \
        "error: no CPython 3.9 was found, which Pants 2.17 and its rules here run on" \
        "  looked at PANTS_BOOTSTRAP_PYTHON, PATH, pyenv and uv; the \`pants\` launcher is not on PATH either" \
        "hint: install one of them and run ./pants again: python3.9 with venv (apt, brew, pyenv install 3.9), uv (pip install uv), or Pants' launcher (https://www.pantsbuild.org/docs/installation)" >&2
    exit 3
fi

if [ -n "$found" ]; then
    # -E -s: the caller's PYTHON* variables are not for this program. -B: no __pycache__ here.
    new_state=$("$found" -E -s -B "$support/bootstrap.py" \
        --cache "$cache" --state "$state" --inputs "$inputs" --environment "$environment" \
        --gpu "$gpu" --torch "$auto_torch" --root "$root") || exit $?
    read_state <<END_OF_STATE
$new_state
END_OF_STATE
else
    printf 'pants: no CPython 3.9 found; using the launcher %s\n' "$launcher" >&2
    # Only to be fast: without the record, the next start looks again.
    record_launcher 2>/dev/null
    mode=launcher
    program=$launcher
fi
