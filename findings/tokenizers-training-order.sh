#!/usr/bin/env bash
# Training a WordPiece or a Unigram tokenizer twice on the same text gives different ids in each
# process, while BPE and WordLevel give the same bytes each time; there is no seed to set.
#
# Why it matters: a tokenizer trained as a build step cannot be cached by content or compared with
# a checked-in one, unless it is a BPE. WordPieceTrainer is built on the BPE trainer, so that one
# expects it to be as stable.
# Versions: tokenizers 0.23.3.
# Guess before the run: all four are deterministic (they break ties by the text of the tokens).
# Output seen (compared with the lines after "#> "):
#> BPE: one vocabulary
#> WordLevel: one vocabulary
#> WordPiece: more than one vocabulary
#> Unigram: more than one vocabulary
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet tokenizers==0.23.3
cat >train.py <<'END'
import sys
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

kind = sys.argv[1]
tokenizer = Tokenizer(getattr(models, kind)())
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
trainer = getattr(trainers, {"BPE": "Bpe"}.get(kind, kind) + "Trainer")
words = "ab cd ef gh ij kl mn op qr st uv wx yz ba dc fe hg"
tokenizer.train_from_iterator([words], trainer(vocab_size=60, show_progress=False))
print(sorted(tokenizer.get_vocab().items()))
END
for kind in BPE WordLevel WordPiece Unigram; do
  vocabularies=$(for _ in {1..10}; do venv/bin/python train.py $kind; done | sort -u | wc -l)
  [ "$vocabularies" -eq 1 ] && count="one vocabulary" || count="more than one vocabulary"
  echo "$kind: $count" >>seen
done
diff <(sed -n 's/^#> //p' "$script") seen
