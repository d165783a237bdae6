from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modular_converter.names.renamer import Renamer
from modular_converter.names.table import NameTable, read_name_table

TABLE = NameTable(
    {
        "llama": "LlamaConfig",
        "clip": "CLIPConfig",
        "metaclip_2": "MetaClip2Config",
        "sam2": "Sam2Config",
        "mamba": "MambaConfig",
        "falcon_mamba": "FalconMambaConfig",
    }
)


def llama(**options: object) -> Renamer:
    return Renamer("llama", "my_new", TABLE, sibling_name="my_new", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class LlamaModel(LlamaBase): pass", "class MyNewModel(MyNewBase): pass"),
        ("x = llama_mlp; LLAMA_START = 1", "x = my_new_mlp; MY_NEW_START = 1"),
        ("_llama = llamas", "_my_new = my_news"),
        ("xllama = 1", "xllama = 1"),
        ("# LLaMA and llama", "# MyNew and my_new"),
        ('s = "LlamaModel"', 's = "MyNewModel"'),
        ('s = f"Llama {llama_x}"', 's = f"Llama {my_new_x}"'),
        ("from llama import Llama", "from llama import Llama"),
        ("    from llama import Llama\n    Llama()", "    from llama import Llama\n    MyNew()"),
        ("import llama.core", "import my_new.core"),
        ("from ..llama.x import Llama", "from ..my_new.x import MyNew"),
        ("x = 1  # Copied from transformers.models.llama", "x = 1  "),
    ],
)
def test_code(before: str, after: str) -> None:
    assert llama().code(before) == after


def test_a_name_inside_a_longer_word_is_renamed() -> None:
    renamer = Renamer("sam", "sam2", NameTable({"sam": "SamConfig", "sam2": "Sam2Config"}))
    assert renamer.code("# the same sample") == "# the sam2e sam2ple"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# CLIP model", "# METACLIP_2 model"),
        ("CLIP_X", "METACLIP_2_X"),
        ("CLIPVision", "MetaClip2Vision"),
        ("clip_x", "metaclip_2_x"),
        ('"""CLIP\n"""', '"""METACLIP_2\n"""'),
    ],
)
def test_old_name_in_capitals(before: str, after: str) -> None:
    assert Renamer("clip", "metaclip_2", TABLE).code(before) == after


def test_siblings_keep_the_name_of_the_modular() -> None:
    renamer = Renamer("llama", "my_new_text", TABLE, sibling_name="my_new")
    assert (
        renamer.code("from .configuration_llama import LlamaConfig")
        == "from .configuration_my_new import MyNewTextConfig"
    )


def test_protected_words_stay() -> None:
    renamer = Renamer("mamba", "falcon_mamba", TABLE, protected=["mambapy", "mamba_ssm"])
    assert renamer.code("use_mambapy = mamba_ssm(mamba)") == "use_mambapy = mamba_ssm(falcon_mamba)"


def test_relative_imports_move_to_the_library() -> None:
    renamer = llama(relocate=("transformers.models.llama", "models.my_new"))
    text = "from ...utils import x\nfrom ... import init\nfrom .configuration_llama import LlamaC\n"
    assert renamer.code(text) == (
        "from transformers.utils import x\nfrom transformers import init\n"
        "from .configuration_my_new import MyNewC\n"
    )


def test_relative_imports_between_packages_of_different_depth() -> None:
    renamer = Renamer(
        "base",
        "child",
        TABLE,
        sibling_name="child",
        relocate=("lib.models.base", "lib.extra.a.child"),
    )
    assert renamer.code("from ..common import x\n") == "from ....models.common import x\n"


def test_text_only_leaves_code_alone() -> None:
    assert llama().text_only('Llama = "Llama"  # Llama') == 'Llama = "MyNew"  # MyNew'


@given(
    st.lists(st.sampled_from(["x", "_", "Model", " ", "llama", "Llama", "LLAMA", "(", ".", "9"])),
)
def test_renaming_back_gives_the_original(parts: list[str]) -> None:
    text = "".join(parts)
    # Two names glued together are renamed once only.
    if re.search("llamallama", text, re.IGNORECASE):
        return
    there = Renamer("llama", "zorgo", NameTable())
    back = Renamer("zorgo", "llama", NameTable())
    assert back.code(there.code(text)) == text


def test_name_forms() -> None:
    table = read_name_table(
        [
            'CONFIG_MAPPING_NAMES = OrderedDict([("gpt2", "GPT2Config"), ("a-b", "ABConfig")])',
            'CONFIG_MAPPING_NAMES.update({"mlcd": "MLCDVisionConfig"})\n'
            'CONFIG_MAPPING_NAMES = OrderedDict(**{"gpt-sw3": "GPT2Config"}, '
            "**CONFIG_MAPPING_NAMES)",
        ]
    )
    assert list(table.classes) == ["gpt-sw3", "gpt2", "a-b", "mlcd"]
    assert table.lower("GPT2") == "gpt2"
    assert table.cased("a_b") == "AB"
    assert table.cased("mlcd") == "MLCDVision"
    assert table.cased("new_v2x") == "NewV2X"
    assert table.lower("HunYuanMoE") == "hun_yuan_mo_e"


@given(
    st.lists(st.sampled_from(["llama", "LLAMA", "Llama", "lLaMa", "l", "A", "_", "9", " ", "\n"]))
)
def test_ascii_is_renamed_as_other_text_is(parts: list[str]) -> None:
    text = "".join(parts)
    assert llama().word(f"é {text}") == f"é {llama().word(text)}"
    assert llama().touches(f"é {text}") == llama().touches(text)
