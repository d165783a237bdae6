from __future__ import annotations

import pytest

from rules_transformers_contract.file_types import (
    FILE_TYPES,
    generated_path,
    module_name,
    split_name,
)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("modeling_new", ("modeling", "new")),
        ("image_processing_new", ("image_processing", "new")),
        ("image_processing_pil_new", ("image_processing_pil", "new")),
        ("image_processing_new_fast", ("image_processing_fast", "new")),
        ("image_processing_fast", ("image_processing", "fast")),
        ("modeling_", ("modeling", "")),
        ("modular_new", None),
        ("modeling", None),
        ("remodeling_new", None),
    ],
)
def test_a_name_is_split(name: str, parts: tuple[str, str] | None) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize("file_type", FILE_TYPES)
def test_every_type_is_read_back(file_type: str) -> None:
    path = generated_path("m/modular_x/modular_x.py", file_type)
    assert path == f"m/modular_x/{module_name(file_type, 'x')}.py"
    assert split_name(path.rpartition("/")[2]) == (file_type, "x.py")


def test_a_fast_image_processor_has_the_model_in_the_middle() -> None:
    assert module_name("image_processing_fast", "x") == "image_processing_x_fast"
