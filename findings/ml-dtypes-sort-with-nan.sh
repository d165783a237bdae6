#!/usr/bin/env bash
# numpy sorts bfloat16 (ml_dtypes) wrongly where a NaN is among the values: those on both sides of
# it stay apart. In numpy's own types a NaN goes to the end and the rest is sorted.
#
# Why it matters: quantiles, medians and "the ten largest" of a tensor with one NaN are wrong even
# for the other values, and nothing warns.
# Versions: ml_dtypes 0.5.4, numpy 2.4.6.
# Guess before the run: [-1, 0, 1, nan] for both, as numpy documents its order of NaN.
# Output seen (compared with the lines after "#> "):
#> float16: [-1.0, 0.0, 1.0, nan]
#> bfloat16: [1.0, nan, -1.0, 0.0]
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet ml_dtypes==0.5.4 numpy==2.4.6
venv/bin/python - >seen <<'END'
import ml_dtypes
import numpy as np

for kind in (np.float16, ml_dtypes.bfloat16):
    values = np.array([1, np.nan, -1, 0], kind)
    print(f"{np.dtype(kind).name}: {np.sort(values).astype(np.float32).tolist()}")
END
diff <(sed -n 's/^#> //p' "$script") seen
