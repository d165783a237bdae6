#!/usr/bin/env bash
# safetensors writes the keys of the metadata in an order that differs between runs, so that one
# content gives different bytes; the tensors themselves are always sorted.
#
# Why it matters: a build that caches or compares weights by a digest of the file sees a change
# where there is none, as soon as the metadata has two keys. (transformers writes a single one.)
# Versions: safetensors 0.8.0, numpy 2.4.6.
# Guess before the run: the same bytes in every process.
# Output seen (compared with the lines after "#> "):
#> eight metadata keys, 10 processes: more than one digest
#> one metadata key, 10 processes: one digest
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet safetensors==0.8.0 numpy==2.4.6
cat >save.py <<'END'
import hashlib, sys
import numpy
from safetensors.numpy import save

tensors = {"b": numpy.zeros(2), "a": numpy.ones(2)}
print(hashlib.sha256(save(tensors, metadata={key: "x" for key in sys.argv[1]})).hexdigest())
END
for keys in abcdefgh a; do
  digests=$(for _ in {1..10}; do venv/bin/python save.py $keys; done | sort -u | wc -l)
  label=$([ $keys = a ] && echo "one metadata key" || echo "eight metadata keys")
  [ "$digests" -eq 1 ] && count="one digest" || count="more than one digest"
  echo "$label, 10 processes: $count" >>seen
done
diff <(sed -n 's/^#> //p' "$script") seen
