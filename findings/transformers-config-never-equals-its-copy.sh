#!/usr/bin/env bash
# A config never equals the one loaded from its own files, or made from its own to_dict(): reading
# adds transformers_version and model_type to the object's attributes, which == compares.
#
# Why it matters: the obvious test of a round trip, "load(save(config)) == config", fails for every
# architecture, and a check "has the config changed?" always says yes. Comparing to_dict() works.
# Versions: transformers 5.24.0 (no torch).
# Guess before the run: equal, at least after from_dict(to_dict()).
# Output seen (compared with the lines after "#> "):
#> two default configs: True
#> from_dict(to_dict()): False
#> saved and loaded: False
#> loaded twice: True
#> to_dict() of saved and loaded: True
#> attributes that differ: ['model_type', 'transformers_version']
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python - >seen <<'END'
from transformers import LlamaConfig

config = LlamaConfig()
config.save_pretrained("saved")
loaded = LlamaConfig.from_pretrained("saved")
print("two default configs:", config == LlamaConfig())
print("from_dict(to_dict()):", config == LlamaConfig.from_dict(config.to_dict()))
print("saved and loaded:", config == loaded)
print("loaded twice:", loaded == LlamaConfig.from_pretrained("saved"))
print("to_dict() of saved and loaded:", config.to_dict() == loaded.to_dict())
before, after = vars(config), vars(loaded)
names = sorted({*before, *after})
print("attributes that differ:", [n for n in names if before.get(n) != after.get(n)])
END
diff <(sed -n 's/^#> //p' "$script") seen
