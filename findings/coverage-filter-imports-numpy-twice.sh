#!/usr/bin/env bash
# `pytest --cov=pkg.sub` fails where `pkg/__init__.py` imports numpy: coverage imports the package to
# find the module, forgets what that loaded, and numpy refuses to be loaded a second time.
#
# Why it matters: a model library imports numpy or torch in its package, and its CI filters coverage
# by module. The same filter by directory, or by the package itself, works.
# Versions: pytest 9.1.1, pytest-cov 7.1.0, coverage 7.15.2, numpy 2.4.6.
# Guess before the run: both filters pass, since the test itself imports each module once.
# Output seen (compared with the lines after "#> "):
#> --cov=pkg: 1 passed
#> --cov=pkg.sub: cannot load module more than once per process
#> --cov=pkg/: 1 passed
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet pytest==9.1.1 pytest-cov==7.1.0 coverage==7.15.2 numpy==2.4.6
mkdir pkg
echo 'import numpy' >pkg/__init__.py
echo 'def one(): return 1' >pkg/sub.py
printf 'from pkg.sub import one\n\n\ndef test_one():\n    assert one() == 1\n' >sub_test.py
for filter in pkg pkg.sub pkg/; do
    venv/bin/python -m pytest -q -p no:cacheprovider "--cov=$filter" sub_test.py >log 2>&1 || true
    printf -- '--cov=%s: ' "$filter"
    grep -oE 'cannot load module more than once per process|[0-9]+ passed' log | head -n 1
done >seen
diff <(sed -n 's/^#> //p' "$script") seen
