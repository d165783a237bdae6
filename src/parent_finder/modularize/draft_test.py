from __future__ import annotations

import pytest

from modular_converter.library.sources import Sources
from parent_finder.modularize.draft import DROPPED, Choice, Draft
from parent_finder.modularize.original import original

TEXT = """from torch import nn


def helper(x):
    return x


class NewtMLP(nn.Module):
    pass


class NewtModel(nn.Module):
    pass


__all__ = ["NewtMLP", "NewtModel", "helper"]
"""


def draft(**choices: Choice) -> Draft:
    file = original("lib/newt/modeling_newt.py", "modeling", TEXT, Sources())
    return Draft((file,), {("modeling", name): choice for name, choice in choices.items()}, "")


def exported(text: str) -> str:
    return text[text.index("__all__") :]


def test_exported_names_that_only_conversion_defines_are_marked() -> None:
    assert exported(draft(NewtMLP=DROPPED).text) == (
        '__all__ = [\n    "NewtMLP",  # noqa: F822\n    "NewtModel",\n    "helper",\n]\n'
    )


@pytest.mark.parametrize(
    "choices",
    [
        pytest.param({}, id="written"),
        pytest.param(
            {"NewtMLP": Choice("child", "class NewtMLP(A):\n    pass\n", ".a", "A")}, id="child"
        ),
        pytest.param({"helper": Choice("imported", module=".a")}, id="imported"),
    ],
)
def test_exports_stay_as_they_are_if_all_names_are_there(choices: dict[str, Choice]) -> None:
    assert exported(draft(**choices).text) == exported(TEXT)
