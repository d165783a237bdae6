#!/usr/bin/env bash
# numpy's mean of a thousand ones is 1 in float16 and 0.2559 in bfloat16 (ml_dtypes): numpy adds up
# float16 in float32, but ml_dtypes' types in themselves, one value after the other, so that a sum
# of ones ends at 256. The variance is wrong in the same way; the dot product is not.
#
# Why it matters: statistics of weights that a checkpoint holds in bfloat16 or float8, taken with
# numpy as safetensors gives them, are wrong without a warning, and a check "the mean is near 0"
# says nothing. Convert to float32 first.
# Versions: ml_dtypes 0.5.4, numpy 2.4.6.
# Guess before the run: a mean near 1, as in float16; sums are pairwise.
# Output seen (compared with the lines after "#> "):
#> float16: mean 1, sum 1000, dot 1000
#> bfloat16: mean 0.255859, sum 256, dot 1000
#> float8_e5m2: mean 0.0078125, sum 8, dot 1000
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

for kind in (np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e5m2):
    ones = np.ones(1000, kind)
    figures = f"mean {float(ones.mean()):g}, sum {float(ones.sum()):g}, dot {float(ones @ ones):g}"
    print(f"{np.dtype(kind).name}: {figures}")
END
diff <(sed -n 's/^#> //p' "$script") seen
