from __future__ import annotations

import json
from importlib import resources

import jsonschema
import numpy as np
import pytest

from parent_finder.corpus import source_file
from parent_finder.ranking import answer, report
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.testing import sample_library

NEW = sample_library.renamed(sample_library.LLAMA, "llama", "breeze")


def ask(library: ReferenceLibrary, text: str, path: str = "modeling_breeze.py") -> answer.Answer:
    return answer.answer(library, source_file.read_query(text.encode(), path), 5)


def test_the_root_ancestor_comes_first(library: ReferenceLibrary) -> None:
    reply = ask(library, NEW)
    assert [model.model for model in reply.models][:2] == ["llama", "mistral"]
    classes = [unit for unit in reply.units if unit.kind == "class"]
    assert [unit.candidates[0].name for unit in classes] == [
        "LlamaRMSNorm",
        "LlamaAttention",
        "LlamaModel",
    ]
    assert {unit.candidates[0].equal for unit in classes} == {2}
    assert all(unit.candidates[0].similarity == pytest.approx(1) for unit in classes)


def test_equal_code_is_inherited_as_it_is(library: ReferenceLibrary) -> None:
    plan = ask(library, NEW).plan
    assert [library.models[number] for number in plan.parents] == ["llama"]
    assert [class_plan.as_is for class_plan in plan.classes] == [True, True, True]
    assert [function.name for function in plan.functions] == ["rotate_half"]
    assert plan.written == ()
    saved = sum(class_plan.lines - 2 for class_plan in plan.classes) + plan.functions[0].lines_saved
    assert plan.lines_saved == saved


def test_what_changed_is_overridden_and_what_went_is_deleted(library: ReferenceLibrary) -> None:
    text = NEW.replace("    is_causal = True\n    window = None\n", "    is_causal = False\n")
    text = text.replace("torch.softmax(", "torch.sigmoid(").replace(
        ", dim=-1)\n        return", ")\n        return"
    )
    start = text.index("    def prune_heads")
    text = (
        text[:start]
        + "    def scale(self):\n        return 2\n\n\n"
        + text[text.index("class BreezeModel") :]
    )
    plan = ask(library, text).plan
    attention = next(
        class_plan for class_plan in plan.classes if class_plan.name == "BreezeAttention"
    )
    assert not attention.as_is
    assert attention.inherited == ("__init__",)
    assert attention.overridden == ("forward",)
    assert attention.added == ("scale",)
    assert attention.deleted == ("prune_heads",)
    assert attention.set_attributes == ("is_causal",)
    assert attention.deleted_attributes == ("window",)
    assert attention.lines_saved == 6 - 2


def test_two_parents_cover_a_file(library: ReferenceLibrary) -> None:
    vision = sample_library.renamed(sample_library.VISION, "vista", "breeze")
    plan = ask(library, NEW + vision).plan
    assert {library.models[number] for number in plan.parents} == {"llama", "vista"}


def test_nothing_similar(library: ReferenceLibrary) -> None:
    text = """
class BreezeClock:
    def tick(self):
        for second in range(60):
            yield f"{second:02d}" + "!" * (second // 7)
"""
    reply = ask(library, text)
    assert reply.verdict == "nothing"
    assert not reply.plan.parents
    text = report.as_text(reply, library, everything=False)
    assert ": nothing similar\n" in text
    assert "standalone" not in text


def test_a_model_is_no_parent_of_itself_or_of_its_ancestors(library: ReferenceLibrary) -> None:
    reply = ask(library, sample_library.LLAMA, "modeling_llama.py")
    assert not {"llama", "mistral"} & {model.model for model in reply.models}


def test_later_models_are_no_candidates_at_release(library: ReferenceLibrary) -> None:
    allowed = library.situation_at_release("vista").allowed
    models = {
        model for model, is_allowed in zip(library.models, allowed, strict=True) if is_allowed
    }
    assert models == {"llama", "zephyr"}


def test_json_is_as_its_schema_says(library: ReferenceLibrary) -> None:
    text = resources.files("parent_finder").joinpath("schemas/rank.schema.json").read_text()
    validator = jsonschema.Draft202012Validator(json.loads(text))
    for source in (NEW, "class A:\n    pass\n"):
        validator.validate(json.loads(json.dumps(report.as_json(ask(library, source), library))))


def test_the_table_names_the_plan(library: ReferenceLibrary) -> None:
    text = report.as_text(ask(library, NEW), library, everything=True)
    assert "Plan: inherit from llama" in text
    assert "llama LlamaAttention.prune_heads" in text
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_root_first_lineage(library: ReferenceLibrary) -> None:
    lineage = library.lineage
    assert lineage.descendants("llama") == {"llama", "mistral"}
    child = lineage.class_numbers["transformers/models/mistral/modeling_mistral.py", "MistralModel"]
    parent = lineage.class_numbers["transformers/models/llama/modeling_llama.py", "LlamaModel"]
    assert lineage.with_ancestors(frozenset({child})) == {child, parent}


def test_best_by_model_agrees_with_a_loop(library: ReferenceLibrary) -> None:
    by_model = library.by_model["method"]
    scores = np.random.default_rng(0).random((3, len(by_model.owner)), dtype=np.float32)
    expected = [
        [row[by_model.owner == model].max() for model in range(len(by_model.models))]
        for row in scores
    ]
    assert np.array_equal(by_model.best(scores), np.array(expected))
