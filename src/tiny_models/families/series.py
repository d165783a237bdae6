"""Entries of time series models."""

from __future__ import annotations

from typing import Any

from tiny_models.families.family import Family


def _forecast(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    from tiny_models.inputs.values import floats

    config = model.config
    past = config.context_length + max(config.lags_sequence)
    features = config.num_time_features
    return {
        "past_values": floats("past_values", 1, past),
        "past_time_features": floats("past_time_features", 1, past, features),
        "past_observed_mask": floats("mask", 1, past) * 0 + 1,
        "future_values": floats("future_values", 1, config.prediction_length),
        "future_time_features": floats("future", 1, config.prediction_length, features),
    }


def _flat(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "past_values": inputs["past_values"][..., 0]}


def _unpadded(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    return {"past_values": [inputs["past_values"][0]], "freq": [0]}


def _padded(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    import torch

    values = inputs["past_values"][..., 0]
    return {
        **inputs,
        "past_values": values,
        "past_values_padding": torch.zeros_like(values, dtype=torch.long),
        "freq": torch.zeros(1, 1, dtype=torch.long),
    }


FAMILIES: tuple[Family, ...] = (
    Family(
        ("autoformer", "informer", "time_series_transformer"),
        "forecasts from lags, so the past is longer than the context",
        {
            "prediction_length": 4,
            "context_length": 8,
            "lags_sequence": [1, 2, 3],
            "num_time_features": 2,
            "label_length": 4,
        },
        recipe=_forecast,
    ),
    Family(("timesfm2_5",), "takes series of one channel", recipe=_flat),
    Family(("timesfm",), "takes series of one channel with their padding", recipe=_padded),
    Family(
        ("timesfm",),
        "pads the series itself",
        recipe=_unpadded,
        architectures=("TimesFmModelForPrediction",),
    ),
)
