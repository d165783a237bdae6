#!/usr/bin/env bash
# The padding and truncation of a tokenizer's last call are saved into tokenizer.json, although
# transformers itself ignores them when it loads the file; the tokenizers library obeys them.
#
# Why it matters: a fixture saved after a check of the tokenizer differs from one saved before it,
# and a reader of the file other than transformers pads or cuts every text.
# Versions: transformers 5.24.0, tokenizers 0.23.3.
# Guess before the run: arguments of a call are undone after it, padding at least.
# Output seen (compared with the lines after "#> "): ids of "the cat sat" after loading
#> saved before any call: transformers [1, 2, 3], tokenizers [1, 2, 3]
#> after a call with max_length=2: transformers [1, 2, 3], tokenizers [1, 2]
#> after a call padded to 5: transformers [1, 2, 3], tokenizers [1, 2, 3, 0, 0]
#> after a plain call: transformers [1, 2, 3], tokenizers [1, 2, 3]
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet transformers==5.24.0 tokenizers==0.23.3
HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error venv/bin/python - >seen <<'END'
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

vocabulary = {"<pad>": 0, "the": 1, "cat": 2, "sat": 3}
backend = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
backend.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>")
calls = {
    "saved before any call": None,
    "after a call with max_length=2": {"truncation": True, "max_length": 2},
    "after a call padded to 5": {"padding": "max_length", "max_length": 5},
    "after a plain call": {},
}
for label, arguments in calls.items():
    if arguments is not None:
        tokenizer("the cat sat", **arguments)
    tokenizer.save_pretrained("saved")
    with_transformers = AutoTokenizer.from_pretrained("saved")("the cat sat").input_ids
    alone = Tokenizer.from_file("saved/tokenizer.json").encode("the cat sat").ids
    print(f"{label}: transformers {with_transformers}, tokenizers {alone}")
END
diff <(sed -n 's/^#> //p' "$script") seen
