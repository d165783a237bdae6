from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

from tiny_models.checks.working_inputs import working_inputs
from tiny_models.config.shrink import shrink_class
from tiny_models.fitting.fields_to_override import hint
from tiny_models.fitting.search import fit


@strict
class TwigConfig(PreTrainedConfig):  # type: ignore[misc]
    model_type = "twig"

    num_hidden_layers: int = 24
    lower_steps: int = 4
    upper_steps: int = 20
    hidden_size: int = 512
    bark_width: int = 48

    def validate_architecture(self) -> None:
        steps = self.lower_steps + self.upper_steps
        if steps != self.num_hidden_layers:
            raise ValueError("the steps must be as many as the layers")


class TwigModel(PreTrainedModel):  # type: ignore[misc]
    config_class = TwigConfig
    base_model_prefix = "twig"

    def __init__(self, config: TwigConfig) -> None:
        super().__init__(config)
        if config.hidden_size % config.bark_width != 0:
            raise ValueError("the bark does not fit")
        self.embed = nn.Conv1d(7, config.hidden_size, 3)
        self.post_init()

    def forward(self, input_features: torch.Tensor) -> tuple[torch.Tensor]:
        return (self.embed(input_features),)


def make(adjustments: Mapping[str, Mapping[str, Any]]) -> Any:
    return shrink_class(TwigConfig, adjustments=adjustments)


def test_conditions_are_solved_from_their_source() -> None:
    # The rules give 24 steps for 2 layers, and a width of 32 for a bark of 48.
    with pytest.raises(Exception, match="as many as the layers"):
        make({})
    adjustments = fit(TwigModel, TwigConfig, make, most=100_000)
    assert adjustments is not None
    config = make(adjustments)
    assert config.num_hidden_layers == config.lower_steps + config.upper_steps
    assert config.hidden_size % config.bark_width == 0


def test_a_model_that_runs_needs_no_adjustment() -> None:
    def fitting(adjustments: Mapping[str, Mapping[str, Any]]) -> Any:
        return TwigConfig(hidden_size=96)

    assert fit(TwigModel, TwigConfig, fitting, most=100_000) == {}


def test_a_model_that_is_too_large_is_made_smaller() -> None:
    def large(adjustments: Mapping[str, Mapping[str, Any]]) -> Any:
        return TwigConfig(**{"hidden_size": 4800} | dict(adjustments.get("TwigConfig", {})))

    adjustments = fit(TwigModel, TwigConfig, large, most=20_000)
    assert adjustments is not None
    assert large(adjustments).hidden_size <= 900


def test_what_a_first_module_expects_is_read_from_its_weights() -> None:
    model = TwigModel(TwigConfig(hidden_size=96)).eval()
    inputs, attempt = working_inputs(model)
    assert attempt.problem is None
    assert inputs["input_features"].shape[1] == 7
    again, _ = working_inputs(model)
    assert torch.equal(inputs["input_features"], again["input_features"])


def test_the_usual_problem_is_kept_if_nothing_helps() -> None:
    class Broken(TwigModel):
        def forward(self, input_features: torch.Tensor) -> Any:
            raise RuntimeError("never runs")

    inputs, attempt = working_inputs(Broken(TwigConfig(hidden_size=96)).eval())
    assert str(attempt.problem) == "never runs"
    assert set(inputs) == {"input_features"}


def test_a_hint_names_the_fields_of_the_condition() -> None:
    with pytest.raises(Exception, match="as many") as refused:
        make({})
    assert hint(refused.value).startswith("override `")
    assert "`num_hidden_layers`" in hint(refused.value)
    with pytest.raises(ValueError, match="bark") as problem:
        TwigModel(TwigConfig(hidden_size=100))
    assert "`hidden_size` or `bark_width`" in hint(problem.value)


def test_a_problem_without_fields_has_a_general_hint() -> None:
    assert "`config`" in hint(RuntimeError("Numbers"))
