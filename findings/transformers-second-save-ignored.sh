#!/usr/bin/env bash
# Saving a model in shards over one that was saved in a single file leaves the single file, and
# from_pretrained prefers it: the second save has no effect. accelerate does the same;
# huggingface_hub removes what it replaces.
#
# Why it matters: a job that saves into the folder of an earlier, smaller run ships the old weights,
# with a config and an index that belong to the new ones. The other way round the new weights
# load, but an index stays that names files which transformers has removed.
# Versions: transformers 5.24.0, accelerate 1.15.0, huggingface_hub 2.4.0, torch 2.13.0 (a large
# download), CPU.
# Guess before the run: a save replaces the weights that it finds, since old shards are removed.
# Output seen (compared with the lines after "#> "): which save is loaded; what is left over
#> transformers, one file then shards: first; model.safetensors
#> transformers, shards then one file: second; model.safetensors.index.json
#> accelerate, one file then shards: first; model.safetensors
#> huggingface_hub, one file then shards: second; nothing
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 accelerate==1.15.0 huggingface_hub==2.4.0 \
  torch==2.13.0
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python - >seen <<'END'
import pathlib
import accelerate, huggingface_hub, torch
from transformers import LlamaConfig, LlamaForCausalLM

SHARDS, ONE_FILE = "20KB", "1GB"
sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "vocab_size": 64}


def model(value: float) -> LlamaForCausalLM:
    made = LlamaForCausalLM(LlamaConfig(num_attention_heads=2, **sizes))
    torch.nn.init.constant_(made.lm_head.weight, value)
    return made


def show(label, first_limit, second_limit, save, load):
    folder = pathlib.Path(label)
    save(model(1.0), folder, first_limit)
    old = {path.name for path in folder.glob("*.safetensors*")}
    save(model(2.0), folder, second_limit)
    fresh = pathlib.Path("fresh " + label)
    save(model(2.0), fresh, second_limit)
    left = {path.name for path in folder.iterdir()} - {path.name for path in fresh.iterdir()}
    loaded = "first" if load(folder).lm_head.weight[0, 0] == 1.0 else "second"
    print(f"{label}: {loaded}; {', '.join(sorted(left & old)) or 'nothing'}")


def filled(load):
    def into(folder):
        target = model(0.0)
        load(target, str(folder))
        return target

    return into


by_model = lambda model, folder, limit: model.save_pretrained(folder, max_shard_size=limit)
by_accelerate = lambda *arguments: accelerate.Accelerator(cpu=True).save_model(*arguments)
by_hub = lambda model, folder, limit: (
    folder.mkdir(exist_ok=True),
    huggingface_hub.save_torch_model(model, folder, max_shard_size=limit),
)
load = LlamaForCausalLM.from_pretrained
show("transformers, one file then shards", ONE_FILE, SHARDS, by_model, load)
show("transformers, shards then one file", SHARDS, ONE_FILE, by_model, load)
load = filled(accelerate.load_checkpoint_in_model)
show("accelerate, one file then shards", ONE_FILE, SHARDS, by_accelerate, load)
load = filled(huggingface_hub.load_torch_model)
show("huggingface_hub, one file then shards", ONE_FILE, SHARDS, by_hub, load)
END
diff <(sed -n 's/^#> //p' "$script") seen
