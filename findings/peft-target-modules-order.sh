#!/usr/bin/env bash
# peft writes target_modules of an adapter_config.json in an order that differs between runs, even
# where a list was given: it is a set inside, and Python's hash of strings is random.
#
# Why it matters: an adapter built twice from the same weights has another digest, which defeats a
# cache by content and makes a checked-in config change with every run. PYTHONHASHSEED=0 keeps
# the order.
# Versions: peft 0.21.2, transformers 5.24.0, torch 2.13.0 (a large download), CPU.
# Guess before the run: the order that was given, or sorted.
# Output seen (compared with the lines after "#> "): distinct configs
#> 5 processes: more than one
#> 5 processes with PYTHONHASHSEED=0: one
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet peft==0.21.2 transformers==5.24.0 torch==2.13.0
cat >save.py <<'END'
import hashlib, pathlib
from peft import LoraConfig

LoraConfig(target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]).save_pretrained("adapter")
print(hashlib.sha256(pathlib.Path("adapter/adapter_config.json").read_bytes()).hexdigest())
END
for label in "5 processes" "5 processes with PYTHONHASHSEED=0"; do
  seed=random
  [[ $label = *=0 ]] && seed=0
  configs=$(for _ in {1..5}; do PYTHONHASHSEED=$seed venv/bin/python save.py; done | sort -u)
  [ "$(wc -l <<<"$configs")" -eq 1 ] && count="one" || count="more than one"
  echo "$label: $count" >>seen
done
diff <(sed -n 's/^#> //p' "$script") seen
