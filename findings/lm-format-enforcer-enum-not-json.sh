#!/usr/bin/env bash
# lm-format-enforcer spells the values of an `enum` as Python does: strings without escapes, and
# `True` for true. JSON is refused, what no reader of JSON takes is accepted, and so are values that
# are not in the `enum`.
#
# Why it matters: constrained decoding promises output that parses and fits the schema. A quote, a
# line break or a boolean among the choices makes that impossible, for a valid schema and without a
# warning; plain words, which such code is tested with, work.
# Versions: lm-format-enforcer 0.11.3.
# Guess before the run: a quote is written unescaped; the rest is right, and nothing else gets in.
# Output seen (compared with the lines after "#> "):
#> {"enum": ["plain"]}: accepts "plain"
#> {"enum": ["say \"hi\""]}: refuses "say \"hi\"", accepts "say "
#> {"enum": ["C:\\new"]}: accepts "C:\\new", accepts "C:\rnew"
#> {"enum": ["two\nlines"]}: refuses "two\nlines", accepts "two(line break)lines"
#> {"enum": [true]}: refuses true, accepts True
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet lm-format-enforcer==0.11.3
venv/bin/python - >seen <<'END'
import json

from lmformatenforcer import JsonSchemaParser

OTHER_TEXTS = {
    "plain": [],
    'say "hi"': ['"say "'],
    r"C:\new": [r'"C:\rnew"'],
    "two\nlines": ['"two\nlines"'],
    True: ["True"],
}


def verdict(schema, text):
    parser = JsonSchemaParser(schema)
    for character in text:
        if character not in parser.get_allowed_characters():
            return "refuses"
        parser = parser.add_character(character)
    return "accepts" if parser.can_end() else "refuses"


for value, others in OTHER_TEXTS.items():
    schema = {"enum": [value]}
    verdicts = [f"{verdict(schema, text)} {text}" for text in (json.dumps(value), *others)]
    print(f"{json.dumps(schema)}: {', '.join(verdicts)}".replace("\n", "(line break)"))
END
diff <(sed -n 's/^#> //p' "$script") seen
