#!/usr/bin/env bash
# AutoTokenizer replaces the pipeline of a tokenizer.json by that of the model type's own tokenizer
# class: a word-level tokenizer gives no tokens at all as soon as a config.json of qwen2 or gpt2
# lies beside it, and unknown tokens only for gemma. Nothing warns.
#
# Why it matters: a fixture or a checkpoint with a tokenizer of another kind than its family's runs,
# and its tests see empty input. The same file beside a config of llama is used as it is.
# A tokenizer_class of TokenizersBackend keeps the file's pipeline for gpt2, but not for qwen2.
# Versions: transformers 5.24.0, tokenizers 0.23.3.
# Guess before the run: tokenizer.json is a complete description, and is used as it is.
# Output seen (compared with the lines after "#> "): the ids of "the cat sat"
#> no class named: no config [1, 2, 3], llama [1, 2, 3], gpt2 [], qwen2 [], gemma [0]
#> class named: no config [1, 2, 3], llama [1, 2, 3], gpt2 [1, 2, 3], qwen2 [], gemma [1, 2, 3]
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 tokenizers==0.23.3
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python - >seen <<'END'
import json, pathlib
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer

vocabulary = {"<unk>": 0, "the": 1, "cat": 2, "sat": 3}
tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()

for label in ("no class named", "class named"):
    results = []
    for model_type in ("no config", "llama", "gpt2", "qwen2", "gemma"):
        folder = pathlib.Path(f"{label} {model_type}")
        folder.mkdir()
        tokenizer.save(str(folder / "tokenizer.json"))
        if model_type != "no config":
            (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
        if label == "class named":
            settings = {"tokenizer_class": "TokenizersBackend", "unk_token": "<unk>"}
            (folder / "tokenizer_config.json").write_text(json.dumps(settings))
        loaded = AutoTokenizer.from_pretrained(folder)
        results.append(f"{model_type} {loaded('the cat sat', add_special_tokens=False).input_ids}")
    print(f"{label}: {', '.join(results)}")
END
diff <(sed -n 's/^#> //p' "$script") seen
