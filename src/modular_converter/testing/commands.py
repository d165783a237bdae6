"""Findings that no single modular file shows: what is there, and the command that reports each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from modular_converter.testing.examples import MODULAR, PARENT, PARENT_TEXT

_MODELING = "models/newt/modeling_newt.py"
_CHILD = "from ..llama.modeling_llama import LlamaMLP\n\n\nclass NewtMLP(LlamaMLP):\n    pass\n"


@dataclass(frozen=True)
class Situation:
    """What is there, in words and as files beside the parent and its child, and a command.

    ``removed`` are those of the common files that are missing; ``links`` lead to their targets.
    """

    words: str
    command: str
    files: Mapping[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)

    def create(self, directory: Path) -> None:
        """Writes the files."""
        files = {PARENT: PARENT_TEXT, MODULAR: _CHILD, **self.files}
        for path in files.keys() - set(self.removed):
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(files[path], encoding="utf-8")
        for path, target in self.links.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            os.symlink(target, directory / path)


COMMANDS: Mapping[str, Situation] = {
    "bad-request": Situation(
        "`request.json` contains `{}`", "convert --request=request.json", {"request.json": "{}"}
    ),
    "no-such-file": Situation("the file does not exist", f"convert {MODULAR}", {}, (MODULAR,)),
    "no-such-directory": Situation("there is no `lib`", f"convert --search-path=lib {MODULAR}"),
    "nothing-to-convert": Situation(
        "`models` holds only the parent", "convert models", {}, (MODULAR,)
    ),
    "not-a-modular-file": Situation("the parent is named", f"convert {PARENT}"),
    "unknown-profile": Situation("no profile is called so", f"convert --profile=0.1 {MODULAR}"),
    "bad-profile": Situation(
        "`profile.json` contains `[]`",
        f"convert --profile=profile.json {MODULAR}",
        {"profile.json": "[]"},
    ),
    "unknown-code": Situation("no code is called so", f"convert --ignore=redundant {MODULAR}"),
    "unreadable-source": Situation(
        "the first line of the file is `# coding: nowhere`",
        f"convert {MODULAR}",
        {MODULAR: "# coding: nowhere\n"},
    ),
    "too-deep": Situation(
        "a value in the file is `1`, after a hundred thousand minus signs",
        f"convert {MODULAR}",
        {MODULAR: f"x = {'-' * 100_000}1\n"},
    ),
    "stale-file": Situation(
        "the generated file is missing, or was edited", f"convert --check --json {MODULAR}"
    ),
    "link-leaves-input": Situation(
        "`models/far/modular_far.py` is a link to a file outside `models`",
        "convert models",
        {"modular_far.py": "class FarMLP:\n    pass\n"},
        (),
        {"models/far/modular_far.py": "../../modular_far.py"},
    ),
    "unusable-path": Situation(
        "a directory's name contains a line end",
        "convert models",
        {"models/new\nt/modular_newt.py": "class NewtMLP:\n    pass\n"},
    ),
    "same-output": Situation(
        "both files are called alike, and only one is below the root",
        "convert --root=models/eft --output-dir=out models/eft/modular_eft.py other/modular_eft.py",
        {
            "models/eft/modular_eft.py": "class EftMLP:\n    pass\n",
            "other/modular_eft.py": "class EftMLP:\n    pass\n",
        },
    ),
    "outside-output-dir": Situation(
        "`out/models` is a link to another directory",
        f"convert --output-dir=out {MODULAR}",
        {"elsewhere/readme": ""},
        (),
        {"out/models": "../elsewhere"},
    ),
    "unknown-model": Situation(
        "no model is called so", "graph --model=axolotl --format=json models"
    ),
    "bad-target": Situation(
        "only the file is named, without a line, class or method", f"explain {_MODELING}"
    ),
    "no-such-line": Situation(
        "the file has 100 lines", f"explain {_MODELING}:2000", {_MODELING: "x = 1\n" * 100}
    ),
    "no-such-item": Situation(
        "the file has no such class", f"explain {_MODELING}:NewtMPL", {_MODELING: "x = 1\n"}
    ),
    "not-generated": Situation("the file is written by hand", f"explain {PARENT}:1"),
    "parent-not-converted": Situation(
        "the parent is generated, too, and its modular file has an error",
        "convert models",
        {
            "models/oak/modeling_oak.py": "class OakMLP:\n    pass\n",
            "models/llama/modular_llama.py": "from ..oak.modeling_oak import OakMPL\n\n\n"
            "class LlamaMLP(OakMPL):\n    pass\n",
        },
        (PARENT,),
    ),
    "invalid-output": Situation(
        "renaming makes two arguments of a call in the parent the same",
        "convert models",
        {PARENT: "class LlamaMLP:\n    sizes = dict(llama=1, newt=2)\n"},
    ),
    "untested-release": Situation(
        "`lib` holds transformers 99.0",
        f"convert --search-path=lib {MODULAR}",
        {
            "lib/transformers/__init__.py": '__version__ = "99.0.0"\n',
            "lib/transformers/models/auto/auto_mappings.py": "CONFIG_MAPPING_NAMES = {}\n",
        },
    ),
}
