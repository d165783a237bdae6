#!/usr/bin/env bash
# torch, ml_dtypes and onnx cast the same float32 to different float8 values: beyond the range of
# e4m3fn torch and onnx saturate, infinity included, and ml_dtypes gives nan; for e5m2 only onnx
# makes infinity finite; e8m0 has neither zero nor sign, and a negative number gives three results.
#
# Why it matters: weights that are quantized with one library and checked with another differ in
# the very values that overflow, and an infinity that should have been noticed becomes 448.
# Versions: torch 2.13.0 (a large download; CPU), ml_dtypes 0.6.0, onnx 1.23.2, numpy 2.4.6.
# Guess before the run: the three agree on every value; beyond the range e4m3fn gives nan.
# Output seen (compared with the lines after "#> "):
#> e4m3fn of 500: torch 448, ml_dtypes nan, onnx 448
#> e4m3fn of inf: torch 448, ml_dtypes nan, onnx 448
#> e5m2 of 1e+06: torch inf, ml_dtypes inf, onnx 57344
#> e5m2 of inf: torch inf, ml_dtypes inf, onnx 57344
#> e8m0fnu of 0: torch 5.87747e-39, ml_dtypes nan, onnx 5.87747e-39
#> e8m0fnu of -9: torch 8, ml_dtypes nan, onnx 16
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet torch==2.13.0 ml_dtypes==0.6.0 onnx==1.23.2 numpy==2.4.6
venv/bin/python -W ignore - >seen <<'END'
import ml_dtypes, numpy, onnx, torch
from onnx import helper, numpy_helper

inf = float("inf")
cases = [("e4m3fn", 500.0), ("e4m3fn", inf), ("e5m2", 1e6), ("e5m2", inf)]
for name, value in cases + [("e8m0fnu", 0.0), ("e8m0fnu", -9.0)]:
    by_torch = torch.tensor(value).to(getattr(torch, f"float8_{name}")).float().item()
    with numpy.errstate(all="ignore"):
        by_ml_dtypes = numpy.float32(value).astype(getattr(ml_dtypes, f"float8_{name}"))
    code = getattr(onnx.TensorProto, f"FLOAT8{name.upper().replace('M0FNU', 'M0')}")
    tensor = numpy_helper.to_array(helper.make_tensor("t", code, [1], [value]))
    results = f"torch {by_torch:g}, ml_dtypes {float(by_ml_dtypes):g}, onnx {float(tensor[0]):g}"
    print(f"{name} of {value:g}: {results}")
END
diff <(sed -n 's/^#> //p' "$script") seen
