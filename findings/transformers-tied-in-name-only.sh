#!/usr/bin/env bash
# A model whose config says tie_word_embeddings is loaded untied, without an error, when the file
# holds both tensors and they differ in a single value; config and model then disagree.
#
# Why it matters: what is tied is decided by the values in a file, so that one rounded or edited
# weight changes the number of parameters, what training does, and the size of the next save,
# while the config goes on saying "tied".
# Versions: transformers 5.24.0, torch 2.13.0 (a large download), CPU.
# Guess before the run: the config decides; the tensor of the output layer is ignored.
# Output seen (compared with the lines after "#> "): config, model, tensors in the next save
#> both in the file, equal: config tied, model tied, saved 1
#> both in the file, one value differs: config tied, model untied, saved 2
#> the output layer alone in the file: config tied, model tied, saved 1
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 torch==2.13.0
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python - >seen <<'END'
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "vocab_size": 64}
config = LlamaConfig(num_attention_heads=2, tie_word_embeddings=True, **sizes)
model = LlamaForCausalLM(config)
model.save_pretrained("model")
INPUT, OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
saved = load_file("model/model.safetensors")
saved[OUTPUT] = saved[INPUT].clone()


def show(label: str, tensors: dict[str, torch.Tensor]) -> None:
    save_file(tensors, "model/model.safetensors", metadata={"format": "pt"})
    loaded = LlamaForCausalLM.from_pretrained("model")
    one_tensor = loaded.lm_head.weight is loaded.model.embed_tokens.weight
    states = (loaded.config.tie_word_embeddings, one_tensor)
    in_config, in_model = ("tied" if state else "untied" for state in states)
    loaded.save_pretrained("next")
    kept = load_file("next/model.safetensors").keys() & {INPUT, OUTPUT}
    print(f"{label}: config {in_config}, model {in_model}, saved {len(kept)}")


show("both in the file, equal", saved)
saved[OUTPUT][0, 0] += 1
show("both in the file, one value differs", saved)
del saved[INPUT]
show("the output layer alone in the file", saved)
END
diff <(sed -n 's/^#> //p' "$script") seen
