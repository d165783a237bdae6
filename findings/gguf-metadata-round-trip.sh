#!/usr/bin/env bash
# The gguf package writes no key at all for an empty string or an empty array, and its reader
# returns nested arrays flat.
#
# Why it matters: a converter that records "no merges" or "no added tokens" makes a file that says
# nothing, which a reader must not take for an older format; and a comparison of what was written
# with what was read fails on valid metadata. None of this warns.
# Versions: gguf 0.19.0, numpy 2.4.6.
# Guess before the run: empty values are written, or refused; nesting survives.
# Output seen (compared with the lines after "#> "):
#> written: ['empty_array', 'empty_string', 'nested', 'number']
#> read: {'nested': [1, 2, 3, 4], 'number': 0}
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet gguf==0.19.0 numpy==2.4.6
venv/bin/python - >seen <<'END'
from gguf import GGUFReader, GGUFWriter

writer = GGUFWriter("model.gguf", "llama")
writer.add_string("empty_string", "")
writer.add_array("empty_array", [])
writer.add_array("nested", [[1, 2], [3, 4]])
writer.add_uint32("number", 0)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
print("written:", ["empty_array", "empty_string", "nested", "number"])
fields = GGUFReader("model.gguf").fields
own = sorted(name for name in fields if not name.startswith(("GGUF.", "general.")))
print("read:", {name: fields[name].contents() for name in own})
END
diff <(sed -n 's/^#> //p' "$script") seen
