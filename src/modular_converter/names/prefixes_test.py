from __future__ import annotations

import pytest

from modular_converter.conventions.file_types import (
    generated_path,
    module_name,
    type_of_class,
    type_of_module,
)
from modular_converter.conventions.profiles import (
    PROFILES,
    TESTED,
    for_version,
    is_tested,
    named,
    release_of,
)
from modular_converter.names.prefixes import choose_prefix, common_suffix, prefix_of


@pytest.mark.parametrize(
    ("first", "second", "suffix"),
    [
        ("NewModel", "LlamaModel", "Model"),
        ("GemmaAttention", "LlamaAttention", "maAttention"),
        ("Model", "LlamaModel", ""),
        ("ab", "cd", ""),
    ],
)
def test_common_suffix(first: str, second: str, suffix: str) -> None:
    assert common_suffix(first, second) == suffix


def test_prefix_of_one_class() -> None:
    assert prefix_of("Emu3TextMLP", "LlamaMLP", "Emu3", "Llama") == "Emu3Text"
    assert prefix_of("GemmaAttention", "LlamaAttention", "Gemma", "Llama") == "Gemma"
    assert prefix_of("JambaMambaMixer", "MambaMixer", "Jamba", "Mamba") == "JambaMamba"


def test_ties_go_to_the_model_else_to_the_last_seen() -> None:
    pairs = [("AaModel", "XModel"), ("BbHead", "XHead")]
    assert choose_prefix(pairs, "Bb", "X", "").cased == "Bb"
    assert choose_prefix(pairs, "Cc", "X", "").cased == "Bb"
    assert choose_prefix(pairs, "Cc", "X", "").others == ("Aa",)


def test_a_prefix_that_collides_falls_back() -> None:
    pairs = [("NewTextModel", "OldModel")]
    text = "class OldTextModel:\n    pass\n"
    assert choose_prefix(pairs, "New", "Old", "").cased == "NewText"
    choice = choose_prefix(pairs, "New", "Old", text)
    assert choice.cased == "New" and choice.collides_with == "class OldText"


@pytest.mark.parametrize(
    ("name", "model", "file_type"),
    [
        ("Sam2VideoProcessor", "Sam2Video", "processing"),
        ("Sam2VideoProcessor", "Sam2", "video_processing"),
        ("XImageProcessorPil", "X", "image_processing_pil"),
        ("XImageProcessor", "X", "image_processing"),
        ("XTokenizerFast", "X", "modeling"),
        ("XConfig", "X", "configuration"),
        ("XVideoProcessorKwargs", "X", "video_processing"),
    ],
)
def test_type_of_class(name: str, model: str, file_type: str) -> None:
    assert type_of_class(name, model, named("5.24").suffixes) == file_type


def test_video_processor_kwargs_before_5_16() -> None:
    assert type_of_class("XVideoProcessorKwargs", "X", named("5.8").suffixes) == "processing"


def test_type_of_module() -> None:
    assert type_of_module("image_processing_pil_x") == "image_processing_pil"
    assert type_of_module("a.modeling_x") == "modeling"
    assert type_of_module("utils") is None


@pytest.mark.parametrize(
    ("version", "profile"),
    [
        ("5.8.0", "5.8"),
        ("5.12.0", "5.10"),
        ("5.15.1", "5.15"),
        ("5.23.0", "5.23"),
        ("5.24.0", "5.24"),
        (None, "5.24"),
        ("6.0.0.dev0", "5.24"),
        ("odd", "5.24"),
    ],
)
def test_profile_of_a_version(version: str | None, profile: str) -> None:
    assert for_version(version).name == profile


def test_fast_image_processors_up_to_5_4() -> None:
    suffixes = named("5.4").suffixes
    assert type_of_class("XImageProcessorFast", "X", suffixes) == "image_processing_fast"
    assert module_name("image_processing_fast", "x") == "image_processing_x_fast"
    assert type_of_module("a.image_processing_x_fast") == "image_processing_fast"
    assert generated_path("m/x/modular_x.py", "image_processing_fast") == (
        "m/x/image_processing_x_fast.py"
    )


def test_each_tested_release_has_the_rules_of_its_time() -> None:
    releases = [release for version in TESTED if (release := release_of(version))]
    assert len(releases) == len(TESTED)
    assert releases == sorted(set(releases))
    # 4.49 and 4.50 were laid out by an older formatter.
    older = named("4.49")
    assert {for_version(version) for version in TESTED} == set(PROFILES) - {older}
    assert is_tested("5.8.0") and not is_tested("5.25.0.dev0")
