#!/usr/bin/env bash
# tiktoken's load_tiktoken_bpe caches local files too, by their path: after the file has changed,
# a new process still gets the old ranks.
#
# Why it matters: a build step that writes a vocabulary and one that reads it disagree on the second
# run, outside any sandbox's declared inputs, until somebody empties a directory below /tmp. The
# path is not made absolute, so that two projects with a file "vocab.tiktoken" share one entry.
# Versions: tiktoken 0.14.0.
# Guess before the run: a local path is read at each call; only downloads are cached.
# Output seen (compared with the lines after "#> "):
#> file of 256 ranks: 256
#> file of 257 ranks, same path: 256
#> another directory, file of 3 ranks, same relative path: 256
#> file of 257 ranks, cache switched off: 257
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet tiktoken==0.14.0
export TIKTOKEN_CACHE_DIR=$work/cache
cat >ranks.py <<'END'
import base64, sys

for rank in range(int(sys.argv[1])):
    token = bytes([rank]) if rank < 256 else b"ab"
    print(base64.b64encode(token).decode(), rank)
END
read_ranks() {
  "$work"/venv/bin/python -c \
    'from tiktoken.load import load_tiktoken_bpe as load; print(len(load("vocab.tiktoken")))'
}
venv/bin/python ranks.py 256 >vocab.tiktoken
echo "file of 256 ranks: $(read_ranks)" >seen
venv/bin/python ranks.py 257 >vocab.tiktoken
echo "file of 257 ranks, same path: $(read_ranks)" >>seen
mkdir other
venv/bin/python ranks.py 3 >other/vocab.tiktoken
echo "another directory, file of 3 ranks, same relative path: $(cd other; read_ranks)" >>seen
uncached=$(TIKTOKEN_CACHE_DIR= read_ranks)
echo "file of 257 ranks, cache switched off: $uncached" >>seen
diff <(sed -n 's/^#> //p' "$script") seen
