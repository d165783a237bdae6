from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema

from parent_finder import made_up_library
from parent_finder.model_ranking import Library
from parent_finder.modularize import evaluation

BANNER = "# This file was automatically generated from src/modular_mistral.py.\n"


def test_the_generated_file_is_made_again(library: Library, root: str) -> None:
    path = Path(root) / "transformers" / "models" / "mistral" / "modeling_mistral.py"
    path.write_text(BANNER + made_up_library.renamed(made_up_library.LLAMA, "llama", "mistral"))
    files = evaluation.generated_files(library, root)
    assert files == [("transformers/models/mistral/modeling_mistral.py", "mistral", True)]
    seen: list[evaluation.RoundTrip] = []
    found = evaluation.round_trips(library, root, "all", files, seen.append)
    assert seen == found
    one = found[0]
    assert (one.exact, one.related, one.human_lines) == (True, True, 5)
    assert one.lines < one.original_lines
    assert "| with parents | 1 | 1 | 100.0 |" in evaluation.as_text(found)
    assert evaluation.round_trips(library, root, "test", files, seen.append) == []
    text = resources.files("parent_finder").joinpath("schemas/round-trips.schema.json").read_text()
    jsonschema.Draft202012Validator(json.loads(text)).validate(evaluation.as_json(found))
