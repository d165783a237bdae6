#!/usr/bin/env bash
# safetensors.numpy 0.8.0 writes the wrong values for an array that is not contiguous, such as a
# transpose or a column slice, without an error; 0.7.0 writes the right ones.
#
# Why it matters: a converter that transposes weights with numpy before saving them makes a file
# that loads, has the right shapes, and holds a different model. The torch front end refuses such
# tensors, so one expects the same care here.
# Versions: safetensors 0.8.0 and 0.7.0, numpy 2.4.6.
# Guess before the run: the values are preserved, as an array's tobytes() would.
# Output seen (compared with the lines after "#> "):
#> 0.7.0 transposed [[0, 3], [1, 4], [2, 5]]
#> 0.7.0 columns 0 and 2 [[0, 2], [3, 5]]
#> 0.8.0 transposed [[0, 1], [2, 3], [4, 5]]
#> 0.8.0 columns 0 and 2 [[0, 1], [2, 3]]
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
for version in 0.7.0 0.8.0; do
  venv/bin/pip install --quiet numpy==2.4.6 safetensors==$version
  venv/bin/python - >>seen <<'END'
import numpy, safetensors
from safetensors.numpy import load, save

array = numpy.arange(6).reshape(2, 3)
for label, view in [("transposed", array.T), ("columns 0 and 2", array[:, ::2])]:
    print(safetensors.__version__, label, load(save({"a": view}))["a"].tolist())
END
done
diff <(sed -n 's/^#> //p' "$script") seen
