#!/usr/bin/env bash
# pex runs pip with --isolated, which still reads the machine-wide configuration file: a
# `constraint` there, for whatever package, fails every lock in pex's format with a bare
# AssertionError from pip's legacy resolver.
#
# Why it matters: images for CUDA often set such a constraint, to keep torch at their build. Every
# tool that is installed from a lock then fails to build, and no message names pip's configuration.
# PIP_CONFIG_FILE=/dev/null in the environment of the process keeps the files out.
# Versions: pex 2.1.137 (that of Pants 2.17.1) with pip 23.1.2, CPython 3.11.
# Guess before the run: --isolated means that no configuration file is read. (This one was met, not
# searched for: all of a project's tools failed on a machine with one line of configuration.)
# Output seen (compared with the lines after "#> "):
#> no configuration file: exit 0
#> constraint on an unrelated package: exit 1, AssertionError
#> constraint and PIP_CONFIG_FILE=/dev/null: exit 0
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"; kill "${server:-}" 2>/dev/null || true' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet pex==2.1.137
venv/bin/pip download --quiet --no-deps --dest wheels \
  iniconfig==2.0.0 pip==23.1.2 setuptools==67.7.2 wheel==0.40.0

# The packages come from a server in this folder, so that pip needs no setting of this machine's.
venv/bin/python -u -m http.server --bind 127.0.0.1 --directory wheels 0 >server.log 2>&1 &
server=$!
until grep -q 'port [0-9]' server.log; do sleep 0.2; done
port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' server.log)
from=(--no-pypi --find-links "http://127.0.0.1:$port/" --pip-version 23.1.2)

mkdir -p empty machine/pip
echo "six==1.16.0" >constraints.txt
printf '[global]\nconstraint = %s\n' "$work/constraints.txt" >machine/pip/pip.conf

PEX_ROOT=$work/lock-root PIP_CONFIG_FILE=/dev/null \
  venv/bin/pex3 lock create "${from[@]}" iniconfig==2.0.0 --output lock.json
try() { # label, then variables of the environment
  local label=$1 status=0 error=
  shift
  rm -rf root
  env "$@" PEX_ROOT="$work/root" venv/bin/pex "${from[@]}" --lock lock.json -o out.pex \
    >log 2>&1 || status=$?
  if grep -q AssertionError log; then error=", AssertionError"; fi
  echo "$label: exit $status$error" >>seen
}
try "no configuration file" PIP_CONFIG_FILE=/dev/null
try "constraint on an unrelated package" XDG_CONFIG_DIRS="$work/machine"
try "constraint and PIP_CONFIG_FILE=/dev/null" XDG_CONFIG_DIRS="$work/machine" \
  PIP_CONFIG_FILE=/dev/null
diff <(sed -n 's/^#> //p' "$script") seen || { cat log; exit 1; }
