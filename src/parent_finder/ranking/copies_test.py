from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest

from parent_finder.ranking import copies
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.testing import sample_library
from toolkit.errors import InputError

NEW = sample_library.renamed(sample_library.LLAMA, "llama", "breeze")


def test_copies_name_the_root_ancestor(library: ReferenceLibrary) -> None:
    of_file = copies.copies_in(library, NEW.encode(), "modeling_breeze.py")
    assert [(copy.name, copy.model, copy.parent, copy.equal) for copy in of_file.copies] == [
        ("BreezeRMSNorm", "llama", "LlamaRMSNorm", 2),
        ("BreezeAttention", "llama", "LlamaAttention", 2),
        ("BreezeModel", "llama", "LlamaModel", 2),
    ]


def test_a_changed_class_is_no_copy(library: ReferenceLibrary) -> None:
    changed = NEW.replace("eps=1e-6", "eps=1e-5")
    of_file = copies.copies_in(library, changed.encode(), "modeling_breeze.py")
    assert [copy.name for copy in of_file.copies] == ["BreezeAttention", "BreezeModel"]


def test_a_model_is_no_copy_of_itself_or_its_child(library: ReferenceLibrary) -> None:
    text = sample_library.LLAMA
    assert copies.copies_in(library, text.encode(), "modeling_llama.py").copies == ()


def test_a_generated_file_is_passed_over(library: ReferenceLibrary) -> None:
    banner = "# This file was automatically generated from src/modular_breeze.py.\n"
    of_file = copies.copies_in(library, (banner + NEW).encode(), "modeling_breeze.py")
    assert (of_file.generated_from, of_file.copies) == ("src/modular_breeze.py", ())


def test_what_is_not_python_is_refused(library: ReferenceLibrary) -> None:
    with pytest.raises(InputError):
        copies.copies_in(library, b"class (:\n", "modeling_breeze.py")


def test_json_is_as_its_schema_says(library: ReferenceLibrary) -> None:
    text = resources.files("parent_finder").joinpath("schemas/copies.schema.json").read_text()
    of_file = copies.copies_in(library, NEW.encode(), "modeling_breeze.py")
    jsonschema.Draft202012Validator(json.loads(text)).validate(copies.as_json([of_file]))
