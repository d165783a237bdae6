from __future__ import annotations

import pytest

from modular_converter.library.sources import Sources
from parent_finder.modularize.draft import DROPPED, Choice, Draft, joined_imports
from parent_finder.modularize.original import original

TEXT = """from torch import nn


def helper(x):
    return x


class NewtMLP(nn.Module):
    pass


class NewtModel(nn.Module):
    size = helper(8)


__all__ = ["NewtMLP", "NewtModel", "helper"]
"""


def draft(**choices: Choice) -> Draft:
    file = original("lib/newt/modeling_newt.py", "modeling", TEXT, Sources())
    return Draft((file,), {("modeling", name): choice for name, choice in choices.items()}, "", "")


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


def test_an_import_counts_with_the_lines_that_it_will_have() -> None:
    plain = draft(helper=Choice("imported", module=".a")).lines
    long = draft(helper=Choice("imported", module=f".{'a' * 100}")).lines
    # The name and the bracket have lines of their own.
    assert long == plain + 2


def test_an_import_that_only_parents_need_is_marked() -> None:
    """A formatter would remove it otherwise, and another parent's version would come along."""
    text = draft(helper=Choice("imported", module=".a"), NewtModel=DROPPED).text
    assert "from .a import helper  # noqa: F401\n" in text
    assert "noqa: F401" not in draft(helper=Choice("imported", module=".a")).text


def test_what_stands_above_the_exports_stays_there() -> None:
    """A formatter sets two blank lines below a class."""
    sources = Sources()
    config = 'class NewtConfig:\n    pass\n\n\nSIZE = 8\n\n__all__ = ["NewtConfig"]\n'
    files = (
        original("lib/newt/configuration_newt.py", "configuration", config, sources),
        original("lib/newt/modeling_newt.py", "modeling", TEXT, sources),
    )
    text = Draft(files, {}, "", "").text
    assert text.index("class NewtModel") < text.index("SIZE = 8\n\n__all__ = [")


def test_imports_are_joined_unless_they_have_comments() -> None:
    plain = "from ..a import (\n    B,\n    C as D,\n)\n"
    commented = "from .b import (\n    E,  # kept\n    F,\n)\n"
    code = 'TEXT = """\nfrom x import (\n    y,\n)\n"""\n'
    assert joined_imports(f"{plain}import c\n{commented}{code}") == (
        f"from ..a import B, C as D\nimport c\n{commented}{code}"
    )
