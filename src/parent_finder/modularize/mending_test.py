from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from modular_converter.library.sources import Sources
from parent_finder.modularize.draft import WRITTEN, Choice, Draft
from parent_finder.modularize.mending import Mending
from parent_finder.modularize.original import original
from parent_finder.modularize.progress import Progress
from parent_finder.modularize.workbench import HEADER, Verdict, Workbench

LICENSE = "# Under a licence\n"
CONFIGURATION = f"""{LICENSE}import math
from ...configuration_utils import PreTrainedConfig


class NewtConfig(PreTrainedConfig):
    scale = math.pi
"""
MODELING = f"""{LICENSE}
import math
import re
from torch import nn


class NewtRows(nn.Module):
    def forward(self, rows):
        return re.sub("a", "b", rows)
"""


@dataclass(eq=False)
class _Judge:
    """Finds the heads different until a text begins in the expected way."""

    expected: str

    def judge(self, text: str) -> Verdict:
        names = {("modeling", HEADER)} if not text.startswith(self.expected) else set()
        return Verdict(len(names), frozenset(names), {})


BEGINNING = f'{LICENSE}"""PyTorch Newt model."""\n\nimport re\n'
INHERITED = Choice("child", "class NewtConfig(EftConfig):\n    pass\n", "..eft", "EftConfig")


def _mended(config: Choice) -> str:
    sources = Sources()
    originals = (
        original("configuration_newt.py", "configuration", CONFIGURATION, sources),
        original("modeling_newt.py", "modeling", MODELING, sources),
    )
    headers = [LICENSE, f"{LICENSE}\n", f'{LICENSE}"""PyTorch Newt model."""\n\n']
    draft = Draft(originals, {("configuration", "NewtConfig"): config}, "", headers[0])
    bench = cast(Workbench, _Judge(BEGINNING))
    mending = Mending(Progress.begin(bench, draft), {}, {}, {}, headers)
    mending.mend_header()
    return mending.progress.draft.text


def test_what_only_the_files_with_a_blank_line_import_comes_first() -> None:
    assert _mended(INHERITED).startswith(BEGINNING)


def test_an_import_that_is_needed_stays_above() -> None:
    assert _mended(WRITTEN).startswith(f"{LICENSE}import math\n")
