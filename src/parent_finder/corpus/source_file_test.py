from __future__ import annotations

import pytest

from parent_finder.corpus import source_file
from parent_finder.testing import sample_library
from toolkit.errors import InputError


def refused(content: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        source_file.read_query(content, "modeling_new.py")
    assert caught.value.place.startswith("modeling_new.py")
    return caught.value


def test_syntax_error_has_its_place() -> None:
    problem = refused(b"class A:\n    def f(self:\n        pass\n")
    assert problem.place == "modeling_new.py:2:10"
    assert "not valid Python" in problem.message


@pytest.mark.parametrize("content", [b"\x7fELF\0\0", b"a = 1\nb = '\xff'\n", b"x\0"])
def test_what_is_not_text(content: bytes) -> None:
    assert "not Python source" in refused(content).message


def test_the_line_of_what_is_not_text() -> None:
    assert refused(b"a = 1\nb = '\xff'\n").place == "modeling_new.py:2"


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_empty_file(content: bytes) -> None:
    assert "empty" in refused(content).message


def test_no_classes() -> None:
    assert "no class" in refused(b"def f():\n    return 1\n").message


def test_generated_file_names_its_modular() -> None:
    banner = (
        "#      This file was automatically generated from "
        "src/transformers/models/new/modular_new.py.\n#   Do NOT edit\n"
    )
    content = banner.encode() + b"class A: pass\n"
    with pytest.raises(InputError) as caught:
        source_file.checked_text(content, "modeling_new.py")
    problem = caught.value
    assert "src/transformers/models/new/modular_new.py" in problem.message
    assert "modular_new.py instead" in problem.hint
    source = source_file.read_query(content, "modeling_new.py")
    assert source.generated_from == "src/transformers/models/new/modular_new.py"


def test_huge_file() -> None:
    assert "4.0 MB" in refused(b"#" * (source_file.LARGEST_FILE + 1)).message


def test_deep_nesting() -> None:
    assert "Python" in refused(b"class A:\n  x = " + b"(" * 5000 + b")" * 5000 + b"\n").message


def test_units_of_a_file() -> None:
    source = source_file.read(sample_library.LLAMA.encode(), "modeling_llama.py")
    assert source.prefix == "Llama"
    described = [(unit.kind, unit.name, unit.role, unit.owner) for unit in source.units][:4]
    assert described == [
        ("class", "LlamaRMSNorm", "RMSNorm", -1),
        ("method", "__init__", "__init__", 0),
        ("method", "forward", "forward", 0),
        ("function", "rotate_half", "rotate_half", -1),
    ]
    attention = next(unit for unit in source.units if unit.name == "LlamaAttention")
    assert [name for name, _, _ in attention.attributes] == ["is_causal", "window"]


def test_equal_code_under_another_name_is_equal() -> None:
    llama = source_file.read(sample_library.LLAMA.encode(), "modeling_llama.py")
    text = sample_library.renamed(sample_library.LLAMA, "llama", "mistral")
    breeze = source_file.read(text.replace("    def", "\n    def").encode(), "modeling_mistral.py")
    assert [f.digest for f in llama.features] == [f.digest for f in breeze.features]
    assert [u.attributes for u in llama.units] == [u.attributes for u in breeze.units]


def test_windows_line_ends_and_a_byte_order_mark() -> None:
    plain = source_file.read(sample_library.LLAMA.encode(), "modeling_llama.py")
    content = b"\xef\xbb\xbf" + sample_library.LLAMA.replace("\n", "\r\n").encode()
    other = source_file.read(content, "modeling_llama.py")
    assert [f.digest for f in plain.features] == [f.digest for f in other.features]
    assert plain.units == other.units
