#!/usr/bin/env bash
# libcst's ScopeProvider sees no assignment in a match pattern, counts the keyword of a class
# pattern as a variable, and puts a := inside a comprehension into the comprehension's scope.
#
# Why it matters: tools find out with it which names a piece of code needs from elsewhere. Names
# bound in such places look undefined, and are then imported or copied from another module that
# happens to have one. symtable, in the standard library, gets both right.
# Versions: libcst 1.9.0.
# Guess before the run: all names bound by a match statement are assignments; := in a comprehension
# belongs to the scope around it (PEP 572).
# Output seen (compared with the lines after "#> "): names that look undefined
#> for: ['data']
#> match: ['Point', 'abscissa', 'data', 'first', 'rest', 'x']
#> := in a comprehension: ['data', 'last']
set -euo pipefail
script=$(realpath "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$(command -v python3.11 || command -v python3)" -m venv venv
venv/bin/pip install --quiet libcst==1.9.0
venv/bin/python - >seen <<'END'
import libcst
from libcst.metadata import MetadataWrapper, ScopeProvider

sources = {
    "for": "for first, *rest in data: print(first, rest)\n",
    "match": "match data:\n"
    "    case [first, *rest]: print(first, rest)\n"
    "    case Point(x=abscissa): print(abscissa)\n",
    ":= in a comprehension": "print([last := item for item in data], last)\n",
}
for label, source in sources.items():
    scopes = MetadataWrapper(libcst.parse_module(source)).resolve(ScopeProvider).values()
    accesses = {access for scope in set(scopes) if scope for access in scope.accesses}
    print(f"{label}: {sorted({a.node.value for a in accesses if not a.referents})}")
END
diff <(sed -n 's/^#> //p' "$script") seen
