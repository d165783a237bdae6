#!/usr/bin/env bash
# Where a config.json has both rope_scaling (the old name) and rope_parameters (the new one), the
# old one replaces the new one, its rope_theta included. An old rope_theta alone gives way.
#
# Why it matters: a file for old and new readers has both. An edit of the new name then has no
# effect, without a warning; the base frequency falls back to the class's default, and saving the
# config writes that under the new name. For torch_dtype and dtype, too, the new name wins.
# Versions: transformers 5.24.0 (no torch).
# Guess before the run: the new name wins, as for dtype.
# Output seen (compared with the lines after "#> "):
#> rope_theta 7, the new with 9: {'rope_theta': 9.0, 'rope_type': 'default'}
#> both, the new with 9: {'factor': 2.0, 'rope_theta': 10000.0, 'rope_type': 'linear'}
#> torch_dtype float16, dtype bfloat16: bfloat16
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python - >seen <<'END'
import json, pathlib
from transformers import AutoConfig


def reload(**settings):
    pathlib.Path("config.json").write_text(json.dumps({"model_type": "llama", **settings}))
    AutoConfig.from_pretrained(".").save_pretrained(".")
    return json.loads(pathlib.Path("config.json").read_text())


new = {"rope_type": "default", "rope_theta": 9.0}
saved = reload(rope_theta=7.0, rope_parameters=new)
print("rope_theta 7, the new with 9:", saved["rope_parameters"])
old = {"rope_type": "linear", "factor": 2.0}
saved = reload(rope_scaling=old, rope_parameters=new)
print("both, the new with 9:", saved["rope_parameters"])
saved = reload(torch_dtype="float16", dtype="bfloat16")
print("torch_dtype float16, dtype bfloat16:", saved["dtype"])
END
diff <(sed -n 's/^#> //p' "$script") seen
