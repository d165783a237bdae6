#!/usr/bin/env bash
# libcst, whose promise is a syntax tree that keeps every character, drops a form feed and a
# continued empty line in front of a statement; a form feed on a line of its own is kept.
#
# Why it matters: a generator that works on libcst and is judged by bytes cannot copy such a file,
# and a check of "no node changed" by comparing the text reports a change.
# Versions: libcst 1.9.0.
# Guess before the run: parse_module(text).code == text for whatever Python accepts.
# Output seen (compared with the lines after "#> "):
#> form feed on a line of its own: kept
#> form feed before "class": 'a = 1\nclass B: pass\n'
#> form feed before an indented statement: 'class B:\n    x = 1\n    y = 2\n'
#> backslash on a line of its own: 'a = 1\nb = 2\n'
#> last line ends in a carriage return: 'a = 1\r\nb = 2'
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet libcst==1.9.0
venv/bin/python - >seen <<'END'
import ast
import libcst

sources = {
    "form feed on a line of its own": "a = 1\n\f\nclass B: pass\n",
    'form feed before "class"': "a = 1\n\fclass B: pass\n",
    "form feed before an indented statement": "class B:\n    x = 1\n\f    y = 2\n",
    "backslash on a line of its own": "a = 1\n\\\nb = 2\n",
    "last line ends in a carriage return": "a = 1\r\nb = 2\r",
}
for label, source in sources.items():
    ast.parse(source)
    code = libcst.parse_module(source).code
    print(f"{label}: {'kept' if code == source else repr(code)}")
END
diff <(sed -n 's/^#> //p' "$script") seen
