#!/usr/bin/env bash
# A SentencePiece model holds the paths of its training text and of itself, so that the same text
# trained in another place gives other bytes, while the vocabulary file is the same.
#
# Why it matters: a model trained as a build step, in a sandbox with a random name, has another
# digest on every run, and publishes the path. Relative paths, or an iterator as the input with a
# model_writer, keep it stable.
# Versions: sentencepiece 0.2.3.
# Guess before the run: the model depends on the text and the options alone.
# Output seen (compared with the lines after "#> "):
#> the same text in two folders: models differ, vocabularies equal
#> path of the text found in the model: True
#> from an iterator to a writer: models equal
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet sentencepiece==0.2.3
venv/bin/python - >seen <<'END'
import io, pathlib
from sentencepiece import SentencePieceTrainer

lines = ["the cat sat on the mat", "low lower lowest newest widest"] * 20
options = {"vocab_size": 30, "hard_vocab_limit": False, "minloglevel": 9}
models, vocabularies, streamed = [], [], []
for name in ("one", "other"):
    folder = pathlib.Path(name).absolute()
    folder.mkdir()
    (folder / "text").write_text("\n".join(lines))
    SentencePieceTrainer.train(input=f"{folder}/text", model_prefix=f"{folder}/m", **options)
    models.append((folder / "m.model").read_bytes())
    vocabularies.append((folder / "m.vocab").read_bytes())
    writer = io.BytesIO()
    SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=writer, **options)
    streamed.append(writer.getvalue())
equal = lambda pair: "equal" if pair[0] == pair[1] else "differ"
print(f"the same text in two folders: models {equal(models)}, vocabularies {equal(vocabularies)}")
print("path of the text found in the model:", f"{folder}/text".encode() in models[1])
print("from an iterator to a writer: models", equal(streamed))
END
diff <(sed -n 's/^#> //p' "$script") seen
