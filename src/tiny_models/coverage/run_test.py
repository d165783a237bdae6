from __future__ import annotations

import dataclasses

import pytest
import torch

from tiny_models.checks import checks
from tiny_models.checks import working_inputs as working_inputs_module
from tiny_models.coverage.report import as_markdown
from tiny_models.coverage.run import Result, run, try_class
from tiny_models.inputs.watch import Attempt
from tiny_models.processors import trial
from tiny_models.transformers_api.catalogue import Architecture
from tiny_models.transformers_api.process import prepare

# Of several kinds, in order of their names.
CLASSES = ("BertModel", "CLIPModel", "GPT2LMHeadModel", "ViTModel", "WhisperModel")


def test_more_processes_find_the_same() -> None:
    def tried(jobs: int) -> tuple[list[Result], list[str]]:
        reported: list[str] = []

        def report(result: Result, total: int) -> None:
            assert total == len(CLASSES)
            reported.append(result.architecture)

        results = run(CLASSES, build_only=False, jobs=jobs, report=report)
        return [dataclasses.replace(result, seconds=0.0) for result in results], reported

    prepare()
    alone, in_order = tried(1)
    together, finished = tried(2)
    assert [result.architecture for result in alone] == list(CLASSES) == in_order
    assert all(result.ok and result.size for result in alone)
    assert all(result.inputs for result in alone)
    assert together == alone
    assert sorted(finished) == in_order


def test_a_pass_on_text_alone_does_not_count_for_a_class_that_takes_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepare()
    working_inputs = working_inputs_module.working_inputs
    qwen = Architecture("Qwen2VLModel", "qwen2_vl")
    whole = try_class(qwen)
    assert (whole.reached, whole.takes, whole.ran_on) == ("ok", *["image+text+video"] * 2)

    def text(model: object) -> tuple[dict[str, object], Attempt]:
        ids = working_inputs(model)[0]["input_ids"][:, -8:]
        inputs = dict.fromkeys(("input_ids", "attention_mask"), ids)
        return inputs, Attempt(checks.forward(model, inputs), None, None, 0)

    monkeypatch.setattr(working_inputs_module, "working_inputs", text)
    alone = try_class(qwen)
    assert (alone.reached, alone.ran_on) == ("native", "text")
    assert alone.cause == "takes image and video, but ran on text alone"
    # Text is all that this one's `forward` names, whatever its family takes.
    part = try_class(Architecture("Qwen2VLTextModel", "qwen2_vl_text"))
    assert (part.reached, part.takes) == ("ok", "text")
    assert "| on every kind of input that `forward` names | 1 | 50.0 % |" in as_markdown(
        [alone, part]
    )


def test_models_are_tried_on_what_their_processors_make(monkeypatch: pytest.MonkeyPatch) -> None:
    prepare()
    fits = try_class(Architecture("CLIPModel", "clip"))
    hears = try_class(Architecture("SpeechT5ForSpeechToText", "speecht5"))
    text = try_class(Architecture("GPT2LMHeadModel", "gpt2"))
    assert (fits.processors, hears.processors, text.processors) == ("ok", "ok", "")

    def larger(*_arguments: object) -> dict[str, object]:
        return {"pixel_values": torch.zeros(1, 3, 999, 999)}

    monkeypatch.setattr(trial, "made_inputs", larger)
    misfit = try_class(Architecture("ViTModel", "vit"))
    assert (misfit.processors, misfit.reached) == ("fails", "ok")
    assert "999" in misfit.processors_cause

    def refusing(*_arguments: object) -> dict[str, object]:
        raise ValueError("a film, please")

    monkeypatch.setattr(trial, "made_inputs", refusing)
    refused = try_class(Architecture("ViTModel", "vit"))
    assert refused.processors == "refused"
    assert refused.processors_cause == "ValueError: a film, please"
    page = as_markdown([fits, hears, text, misfit, refused])
    assert "The processors of 3 fixtures" in page
    assert "2 models ran on them (66.7 %). 1 other" in page
    assert f"| `ViTModel` | {misfit.processors_cause}" in page
