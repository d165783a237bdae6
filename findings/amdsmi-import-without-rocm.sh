#!/usr/bin/env bash
# On a machine without ROCm, `import amdsmi` is no ImportError: it writes two lines to standard output
# and raises a KeyError that names the library.
#
# Why it matters: who asks "is it installed?" by catching ImportError ends in a traceback, and a tool that
# prints JSON prints something else first. nvidia-ml-py imports anywhere, and says so when it is used.
# Versions: amdsmi 7.0.2, nvidia-ml-py 13.580.82. The machine must have no libamd_smi.so.
# Guess before the run: an ImportError, and nothing printed.
# Output seen (compared with the lines after "#> ")
#> pynvml: imported, nothing printed
#> amdsmi: KeyError: 'libamd_smi.so'
#> lines on standard output before that: 2
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet amdsmi==7.0.2 nvidia-ml-py==13.580.82
{
    [ -z "$(venv/bin/python -c 'import pynvml' 2>&1)" ] && echo "pynvml: imported, nothing printed"
    venv/bin/python -c 'import amdsmi' >printed 2>error || true
    echo "amdsmi: $(tail -n 1 error)"
    echo "lines on standard output before that: $(wc -l <printed)"
} >seen
diff <(sed -n 's/^#> //p' "$script") seen
