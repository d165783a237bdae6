"""Renaming a parent's text forth and back.

The identity holds where the specification leaves nothing to choose:

* the new name has three distinct forms. If its cased form is all capitals, it is the upper form
  too, and of the way back only what follows an occurrence is left to decide by. (The old name's
  forms may coincide: both of what becomes of them leads back.);
* the text spells the old name only in its three forms: any other spelling becomes the cased one;
* no part of the new name is in the text, so that after renaming it stands only where the old one
  stood. That covers words glued to it, such as a name that the new one begins with;
* there is no `# Copied from`: such strings and comments are dropped, not renamed.
"""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modular_converter.names.renamer import Renamer
from modular_converter.names.table import NameTable

# New names are made of letters that no text below has.
_NEW_LETTERS = "qxz"
_OLD_NAMES = ("llama", "sam2", "gpt_neo", "deberta_v2", "clip")
_TABLE = NameTable({"clip": "CLIPConfig"})
_WORDS = ("model", "a", "be", "Same", "GPT", "hidden", "v2", "neo", "_", "__", "9", "cfg")

new_names = st.from_regex(
    rf"[{_NEW_LETTERS}]{{2,5}}(_[{_NEW_LETTERS}]{{1,3}}[0-9]?){{0,2}}", fullmatch=True
)


def _forms(name: str) -> tuple[str, str, str]:
    return name, name.upper(), _TABLE.cased(name)


@st.composite
def _texts(draw: st.DrawFn, old: str) -> str:
    """Statements with the old name in its forms, alone, glued and inside longer words."""
    piece = st.one_of(st.sampled_from(_forms(old)), st.sampled_from(_WORDS))
    word = st.lists(piece, min_size=1, max_size=4).map("".join).filter(str.isidentifier)
    prose = st.lists(st.one_of(piece, st.sampled_from([" ", "-", "/", ".", "é"])), max_size=8).map(
        "".join
    )

    def statement(a: str, b: str, text: str) -> st.SearchStrategy[str]:
        return st.sampled_from(
            [
                f"{a} = {b}(model.{a}, {b}={a})  # {text}",
                f'{a} = "{text}"',
                f'def {a}({b}):\n    r"""{text}\n    {text}"""',
                f"class {a}({b}):\n    # {text}\n    {b}: int = 1",
                f"from .modeling_{old} import {a}",
                f"from ..{a} import {b}",
                f"from ...{a}.modeling_{b} import (\n    {a},\n    {b},\n)",
                f"from {a}.{b} import {a}",
                f"import {a}, {b} as {a}",
                f'{a} = f"{text} {{{b}}} {text}"',
                f'{a} = f"{{{b}!r:>{{{a}}}}}{text}" "{text}"',
            ]
        )

    statements = st.tuples(word, word, prose).flatmap(lambda parts: statement(*parts))
    return "\n".join(draw(st.lists(statements, min_size=1, max_size=5))) + "\n"


@settings(max_examples=250)
@given(st.data(), st.sampled_from(_OLD_NAMES), new_names)
def test_forth_and_back_is_the_identity(data: st.DataObject, old: str, new: str) -> None:
    assume(len(set(_forms(new))) == 3)
    text = data.draw(_texts(old))
    forth, back = Renamer(old, new, _TABLE), Renamer(new, old, _TABLE)
    renamed = forth.code(text)
    assert back.code(renamed) == text
    assert back.text_only(forth.text_only(text)) == text
    # Each part does something, so the identity is not that of leaving all alone.
    plain = "{}_a = {}Model  # {}\n"
    (lower, upper, cased), (new_lower, new_upper, new_cased) = _forms(old), _forms(new)
    assert forth.code(plain.format(lower, cased, upper)) == plain.format(
        new_lower, new_cased, new_upper
    )


@settings(max_examples=80)
@given(st.data(), st.sampled_from(_OLD_NAMES), new_names)
def test_renaming_again_changes_nothing(data: st.DataObject, old: str, new: str) -> None:
    """The new name holds nothing of the old one, so all that matches is renamed at once."""
    text = data.draw(_texts(old))
    # Of two names glued together only the first is renamed; a later pass then sees the second.
    assume(not any(f"{a}{b}" in text for a in _forms(old) for b in _forms(old)))
    once = Renamer(old, new, _TABLE).code(text)
    assert Renamer(old, new, _TABLE).code(once) == once


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        # All capitals: on the way back what follows decides between two forms.
        ("qx_z", "clip", "QX_ZModel = 1\n"),
        # A spelling that is none of the three forms.
        ("llama", "qx_z", "LLaMA = 1\n"),
        # The text holds the new name already.
        ("llama", "qx_z", "llama = qx_z\n"),
        # Together with what stands before it, the renamed name reads as the new name.
        ("llama", "a_a", "a_llama = 1\n"),
        # What says where it was copied from is dropped.
        ("llama", "qx_z", "x = 1  # Copied from llama\n"),
    ],
)
def test_each_condition_is_needed(old: str, new: str, text: str) -> None:
    forth, back = Renamer(old, new, _TABLE), Renamer(new, old, _TABLE)
    assert back.code(forth.code(text)) != text
