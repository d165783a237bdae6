#!/usr/bin/env bash
# tokenizers ignores the "id" of an added token in tokenizer.json when it does not follow the
# vocabulary directly: the token silently gets the next free id.
#
# Why it matters: an added token that was placed after a gap (a vocabulary padded to a multiple of
# 64, a reserved range) has another id after loading than the file says, and selects another row
# of the embeddings. The next save writes the new id, so that the evidence is gone.
# Versions: tokenizers 0.23.3.
# Guess before the run: the token keeps id 9, or loading fails.
# Output seen (compared with the lines after "#> "):
#> in the file: 9
#> loaded: 3
#> saved again: 3
#> two tokens with id 9 in the file: 3 4
#> "<s>" with the id of "b" in the file: 3
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet tokenizers==0.23.3
venv/bin/python - >seen <<'END'
import json
from tokenizers import Tokenizer, models

model = models.BPE(vocab={"a": 0, "b": 1, "ab": 2}, merges=[("a", "b")])
document = json.loads(Tokenizer(model).to_str())


def load(*tokens: tuple[int, str]) -> Tokenizer:
    flags = dict.fromkeys(["single_word", "lstrip", "rstrip", "normalized"], False)
    added = [{"id": id, "content": content, "special": True, **flags} for id, content in tokens]
    return Tokenizer.from_str(json.dumps({**document, "added_tokens": added}))


tokenizer = load((9, "<s>"))
print("in the file: 9")
print("loaded:", tokenizer.token_to_id("<s>"))
print("saved again:", json.loads(tokenizer.to_str())["added_tokens"][0]["id"])
print("two tokens with id 9 in the file:", *load((9, "<s>"), (9, "<t>")).encode("<s><t>").ids)
print('"<s>" with the id of "b" in the file:', load((1, "<s>")).token_to_id("<s>"))
END
diff <(sed -n 's/^#> //p' "$script") seen
