"""Spectrograms and waveforms."""

from __future__ import annotations

from typing import Any

from tiny_models.inputs.values import first, floats, lookup

FRAMES = 64
SAMPLES = 8000
_BANDS = (
    "feature_projection_input_dim",
    "num_mel_bins",
    "input_feat_per_channel",
    "feature_size",
    "mel_bins",
    "n_mels",
    "input_dim",
    "num_mels",
)


def make(model: Any, names: set[str], sofar: dict[str, Any]) -> dict[str, Any]:
    """Inputs of the sound side, where ``forward`` has one."""
    import torch

    config = audio_part(model.config)
    made: dict[str, Any] = {}
    if getattr(model.config, "audio_config", True) is None:
        return made
    if "input_features" in names:
        made["input_features"] = spectrogram(config)
        for mask in ("input_features_mask", "feature_attention_mask"):
            if mask in names:
                made[mask] = torch.ones(1, frames(config), dtype=torch.long)
    if "input_values" in names and "input_ids" not in names:
        made["input_values"] = waveform(model, config)
    return made


def audio_part(config: Any) -> Any:
    """The part of a config that is about sound; the config itself if it has no parts."""
    for name in ("audio_config", "encoder_config", "audio_encoder", "speech_config"):
        part = getattr(config, name, None)
        if part is not None and hasattr(type(part), "sub_configs_defaults"):
            return part
    thinker = getattr(config, "thinker_config", None)
    return audio_part(thinker) if thinker is not None else config


def mel_bins(config: Any) -> int:
    """How many frequency bands a spectrogram has."""
    return first(lookup(config, *_BANDS, default=80))


def frames(config: Any) -> int:
    """How many steps a spectrogram has: twice the encoder's positions where these are fixed."""
    positions = lookup(config, "max_source_positions")
    if isinstance(positions, int) and getattr(config, "conv_kernel_sizes", None) is None:
        return 2 * positions
    return FRAMES


def spectrogram(config: Any) -> Any:
    """A spectrogram with the bands first, shape (1, bands, frames)."""
    return floats("spectrogram", 1, mel_bins(config), frames(config))


def waveform(model: Any, config: Any) -> Any:
    """A waveform, shape (1, samples), or (1, 1, samples) for codecs."""
    if lookup(config, "num_mel_bins") is not None and lookup(config, "max_length") is not None:
        return floats("spectrogram", 1, lookup(config, "max_length"), mel_bins(config))
    if lookup(config, "audio_channels") is not None or "codec" in type(model).__name__.lower():
        return floats("waveform", 1, 1, SAMPLES)
    return floats("waveform", 1, SAMPLES)
