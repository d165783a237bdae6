#!/usr/bin/env bash
# `onnx.helper.make_tensor` saturates a value beyond the range of a float8 or float4 type, and lets
# one beyond that of INT4 or UINT4 wrap around: 8 becomes -8.
#
# Why it matters: a quantiser that rounds 7.6 to 8 and relies on the helper, as it can for float8,
# writes the largest weight with the opposite sign. ONNX's own QuantizeLinear saturates.
# Versions: onnx 1.23.2, ml_dtypes 0.5.4, numpy 2.4.6.
# Guess before the run: ValueError for integers out of range, or saturation for all types.
# Output seen (compared with the lines after "#> "):
#> FLOAT8E4M3FN: [448.0, 500.0] becomes [448, 448]
#> FLOAT4E2M1: [6.0, 7.0] becomes [6, 6]
#> INT4: [7, 8] becomes [7, -8]
#> UINT4: [15, 16] becomes [15, 0]
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet onnx==1.23.2 ml_dtypes==0.5.4 numpy==2.4.6
venv/bin/python - >seen <<'END'
from onnx import TensorProto, helper, numpy_helper

for kind, values in (
    (TensorProto.FLOAT8E4M3FN, [448.0, 500.0]),
    (TensorProto.FLOAT4E2M1, [6.0, 7.0]),
    (TensorProto.INT4, [7, 8]),
    (TensorProto.UINT4, [15, 16]),
):
    array = numpy_helper.to_array(helper.make_tensor("x", kind, [2], values))
    name = TensorProto.DataType.Name(kind)
    print(f"{name}: {values} becomes {[int(float(value)) for value in array]}")
END
diff <(sed -n 's/^#> //p' "$script") seen
