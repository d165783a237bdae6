#!/usr/bin/env bash
# The pattern that outlines_core makes of a JSON schema's `number` takes `1e+05` and not `1e5`, and
# `minimum` has no effect on it. For `string`, escapes such as `\u00e9` are not taken.
#
# Why it matters: a test that generates with a schema and validates the answer with the same schema
# fails on an answer that the generator allowed, and a reference answer that is valid JSON of the
# schema may be impossible to generate. Nothing warns that a keyword was ignored.
# Versions: outlines_core 0.2.14.
# Guess before the run: every valid JSON text of the schema is taken, and what a keyword excludes is
# not, or the keyword is refused.
# Output seen (compared with the lines after "#> "):
#> {"type": "number"} 1e+05: taken
#> {"type": "number"} 1e5: not taken
#> {"type": "number"} 1E5: not taken
#> {"type": "number", "minimum": 5} 7: taken
#> {"type": "number", "minimum": 5} 3: taken
#> {"type": "string"} "\n": taken
#> {"type": "string"} "\u00e9": not taken
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet outlines_core==0.2.14
venv/bin/python - >seen <<'END'
import json
import re

from outlines_core import json_schema

number, string = {"type": "number"}, {"type": "string"}
for schema, texts in (
    (number, ("1e+05", "1e5", "1E5")),
    ({**number, "minimum": 5}, ("7", "3")),
    (string, (r'"\n"', r'"\u00e9"')),
):
    pattern = json_schema.build_regex_from_schema(json.dumps(schema))
    for text in texts:
        json.loads(text)
        taken = "taken" if re.fullmatch(pattern, text) else "not taken"
        print(f"{json.dumps(schema)} {text}: {taken}")
END
diff <(sed -n 's/^#> //p' "$script") seen
