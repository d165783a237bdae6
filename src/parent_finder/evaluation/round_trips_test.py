from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema

from parent_finder.core.releases import Releases
from parent_finder.evaluation import round_trips
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.testing import sample_library

BANNER = "# This file was automatically generated from src/modular_mistral.py.\n"


def test_the_generated_file_is_made_again(library: ReferenceLibrary, root: str) -> None:
    path = Path(root) / "transformers" / "models" / "mistral" / "modeling_mistral.py"
    path.write_text(BANNER + sample_library.renamed(sample_library.LLAMA, "llama", "mistral"))
    files = round_trips.generated_files(library, root)
    assert files == [("transformers/models/mistral/modeling_mistral.py", "mistral", True)]
    seen: list[tuple[round_trips.RoundTrip, int, int]] = []

    def record(trip: round_trips.RoundTrip, number: int, total: int) -> None:
        seen.append((trip, number, total))

    results = round_trips.round_trips(library, root, "all", files, record)
    assert seen == [(results[0], 1, 1)]
    result = results[0]
    assert (result.exact, result.related, result.human_lines) == (True, True, 5)
    assert result.available
    assert result.lines < result.original_lines
    assert "| with parents | 1 | 1 | 100.0 |" in round_trips.as_text(results)
    assert round_trips.round_trips(library, root, "test", files, record) == []
    text = resources.files("parent_finder").joinpath("schemas/round-trips.schema.json").read_text()
    jsonschema.Draft202012Validator(json.loads(text)).validate(round_trips.as_json(results))


def test_all_files_that_the_modular_generates_are_the_query(
    library: ReferenceLibrary, root: str
) -> None:
    models = Path(root) / "transformers" / "models"
    text = sample_library.renamed(sample_library.LLAMA, "llama", "mistral")
    (models / "mistral" / "modeling_mistral.py").write_text(BANNER + text)
    for model in ("llama", "mistral"):
        banner = BANNER if model == "mistral" else ""
        config = f"class {model.title()}Config:\n    size = 8\n    width = 4\n    depth = 2\n"
        (models / model / f"configuration_{model}.py").write_text(banner + config)
    # This one is written by hand.
    (models / "mistral" / "processing_mistral.py").write_text(
        "class MistralProcessor:\n    a = 1\n"
    )
    files = round_trips.generated_files(library, root)
    result = round_trips.round_trips(library, root, "all", files, lambda *_: None)[0]
    assert (result.files, result.exact, result.human_lines) == (2, True, 5)


def test_a_parent_may_be_later_than_the_model(library: ReferenceLibrary, root: str) -> None:
    """The handwritten modular is as new as its newest parent; what is newer still is hidden."""
    first_seen = {"mistral": "5.0.0", "llama": "5.8.0", "vista": "5.8.0", "zephyr": "5.9.0"}
    later = ReferenceLibrary(library.index, Releases(library.releases.names, first_seen))
    path = "transformers/models/mistral/modeling_mistral.py"
    situation = round_trips.situation_of(later, path, "mistral")
    allowed = [name for name, may in zip(later.models, situation.allowed, strict=True) if may]
    assert (allowed, situation.release) == (["llama", "vista"], 1)
    text = BANNER + sample_library.renamed(sample_library.LLAMA, "llama", "mistral")
    Path(root, path).write_text(text)
    files = round_trips.generated_files(later, root)
    result = round_trips.round_trips(later, root, "all", files, lambda *_: None)[0]
    assert not result.available
    assert result.lines < result.original_lines
