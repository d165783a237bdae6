#!/usr/bin/env bash
# safetensors.numpy saves bfloat16 and float8 arrays (dtypes of ml_dtypes) but cannot load the file
# that it wrote: load ends in a bare KeyError with the name of the type.
#
# Why it matters: a tool that reads weights without torch, to hash or compare them, fails on most
# published checkpoints, and the error names neither the tensor nor what to do.
# Versions: safetensors 0.8.0, numpy 2.4.6, ml_dtypes 0.6.0.
# Guess before the run: load gives arrays of ml_dtypes' types, since save accepts them.
# Output seen (compared with the lines after "#> "):
#> float16 saved, loaded as float16
#> bfloat16 saved, KeyError: 'BF16'
#> float8_e4m3fn saved, KeyError: 'F8_E4M3'
#> float8_e5m2 saved, KeyError: 'F8_E5M2'
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet safetensors==0.8.0 numpy==2.4.6 ml_dtypes==0.6.0
venv/bin/python - >seen <<'END'
import ml_dtypes, numpy
from safetensors.numpy import load, save

for name in ["float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]:
    dtype = getattr(numpy, name, None) or getattr(ml_dtypes, name)
    data = save({"a": numpy.ones(2, dtype)})
    try:
        print(f"{name} saved, loaded as {load(data)['a'].dtype}")
    except KeyError as error:
        print(f"{name} saved, KeyError: {error}")
END
diff <(sed -n 's/^#> //p' "$script") seen
