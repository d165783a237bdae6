from __future__ import annotations

import pytest

from rules_transformers.modular.file_types import model_of


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("x/modeling_new.py", "new"),
        ("image_processing_pil_new_one.py", "new_one"),
        ("image_processing_new_one.py", "new_one"),
        ("processing_new.py", "new"),
        ("x/modular_new.py", None),
        ("x/modeling_.py", None),
        ("x/modeling_new.txt", None),
        ("x/new.py", None),
    ],
)
def test_the_model_that_a_file_is_named_for(path: str, model: str | None) -> None:
    assert model_of(path) == model
