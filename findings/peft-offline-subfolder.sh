#!/usr/bin/env bash
# peft finds an adapter in a subfolder of a directory, and of a repository online; offline, with all
# files of the repository cached, it looks for the subfolder inside itself.
#
# Why it matters: a fixture that keeps its adapter beside the base model, as `lora/`, loads by its
# directory and not by its name, although its name works for the base model.
# Versions: peft 0.21.2, huggingface_hub as pip chooses for it.
# Guess before the run: all three load.
# Output seen (compared with the lines after "#> ")
#> directory of the adapter: loads
#> directory above, with subfolder: loads
#> cached repository, with subfolder: LocalEntryNotFoundError
#> asked for: lora/lora/adapter_model.safetensors
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet peft==0.21.2 torch numpy
mkdir -p hub/models--org--model/refs
printf 0123abc >hub/models--org--model/refs/main
HF_HUB_CACHE="$work/hub" HF_HUB_OFFLINE=1 venv/bin/python - >seen 2>/dev/null <<'END'
from unittest import mock

import peft.utils.save_and_load
import torch
from huggingface_hub import hf_hub_download
from peft import LoraConfig, PeftModel, get_peft_model


def base():
    return torch.nn.Sequential(torch.nn.Linear(4, 4))


snapshot = "hub/models--org--model/snapshots/0123abc"
get_peft_model(base(), LoraConfig(target_modules=["0"], r=2)).save_pretrained(f"{snapshot}/lora")
places = {
    "directory of the adapter": (f"{snapshot}/lora", {}),
    "directory above, with subfolder": (snapshot, {"subfolder": "lora"}),
    "cached repository, with subfolder": ("org/model", {"subfolder": "lora"}),
}
asked = []


def download(repository, filename, *arguments, subfolder=None, **options):
    asked.append("/".join(filter(None, (subfolder, filename))))
    return hf_hub_download(repository, filename, *arguments, subfolder=subfolder, **options)


with mock.patch.object(peft.utils.save_and_load, "hf_hub_download", download):
    for label, (place, options) in places.items():
        try:
            PeftModel.from_pretrained(base(), place, **options)
            print(f"{label}: loads")
        except Exception as problem:
            print(f"{label}: {type(problem).__name__}")
print("asked for:", next(path for path in asked if path.endswith(".safetensors")))
END
diff <(sed -n 's/^#> //p' "$script") seen
