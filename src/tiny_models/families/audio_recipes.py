"""Recipes of speech, sound and codec models' inputs."""

from __future__ import annotations

from typing import Any

from tiny_models.families.family import Recipe


def codebook_rows(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Codes for a decoder: a row per codebook."""
    count = model.config.num_codebooks
    return {**inputs, "input_ids": inputs["input_ids"].repeat(count, 1), "attention_mask": None}


def dia(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Codes for a decoder: a column per channel."""
    channels = model.config.decoder_config.num_channels
    codes = inputs["decoder_input_ids"][..., None].repeat(1, 1, channels)
    return {**inputs, "decoder_input_ids": codes % 60}


def kyutai(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A column of text and one per codebook."""
    columns = model.config.num_codebooks + 1
    codes = inputs["input_ids"][..., None].repeat(1, 1, columns)
    return {**inputs, "input_ids": codes % 60}


def latents(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Latents for a decoder, shape (1, width, 8)."""
    from tiny_models.inputs.values import floats

    return {"latents": floats("latents", 1, model.config.hidden_size, 8)}


def frames(count: int) -> Recipe:
    """Spectrograms of ``count`` frames, with their mask."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        import torch

        from tiny_models.inputs.audio import audio_part, mel_bins
        from tiny_models.inputs.values import floats

        bands = mel_bins(audio_part(model.config))
        made = {**inputs, "input_features": floats("spectrogram", 1, bands, count)}
        made["input_features_mask"] = torch.ones(1, count, dtype=torch.long)
        return made

    return recipe


def fused(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Spectrograms with one channel, as long as the audio tower's picture."""
    import torch

    from tiny_models.inputs.values import floats, lookup

    audio = getattr(model.config, "audio_config", model.config)
    size = lookup(audio, "spec_size", default=64)
    bands = lookup(audio, "num_mel_bins", default=64)
    return {
        **inputs,
        "input_features": floats("spectrogram", 1, 1, 4 * size, bands),
        "is_longer": torch.zeros(1, 1, dtype=torch.bool),
    }


def padding_mask(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A mask over the frames of the spectrogram."""
    import torch

    count = inputs["input_features"].shape[-1]
    return {**inputs, "padding_mask": torch.ones(1, count, dtype=torch.long)}


def speech(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A spectrogram to go on from and a voice."""
    from tiny_models.inputs.values import floats

    config = model.config
    return {
        **inputs,
        "decoder_input_values": floats("spectrogram", 1, 8, config.num_mel_bins),
        "speaker_embeddings": floats("voice", 1, config.speaker_embedding_dim),
    }


def audio_mel(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A spectrogram with time first, and a mask of padding that is empty."""
    import torch

    from tiny_models.inputs.values import floats

    return {
        "audio_mel": floats("spectrogram", 1, 64, model.config.input_feat_size),
        "audio_mel_mask": torch.zeros(1, 64, dtype=torch.bool),
    }


def bands(part: str) -> Recipe:
    """Spectrograms with as many bands as a part of the config says."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        from tiny_models.inputs.values import floats

        bands = getattr(model.config, part).feature_size
        return {**inputs, "input_features": floats("spectrogram", 1, bands, 64)}

    return recipe


def decoder_rows(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Codes for the decoder of a whole model: a row per codebook."""
    decoder = getattr(model.config, "decoder", model.config)
    name = "decoder_input_ids" if "decoder_input_ids" in inputs else "input_ids"
    rows = (inputs[name] % 60).repeat(decoder.num_codebooks, 1)
    kept = {name: inputs[name] for name in ("input_ids", "input_features") if name in inputs}
    return {**kept, "decoder_input_ids": rows}


def prompted(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A text, and the beginning of the sound to make."""
    from tiny_models.inputs.values import floats

    return {"input_ids": inputs["input_ids"], "input_values": floats("waveform", 1, 1, 3200)}


def hidden_speech(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """States of encoder and decoder in place of their input."""
    from tiny_models.inputs.values import floats

    width = model.config.hidden_size
    return {
        "input_values": floats("states", 1, 8, width),
        "decoder_input_values": floats("decoder states", 1, 6, width),
    }


def semantic(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A waveform, and a spectrogram for the semantic model."""
    from tiny_models.inputs.values import floats

    bands = model.config.semantic_model_config.feature_projection_input_dim
    return {
        "input_values": floats("waveform", 1, 1, 3200),
        "input_features": floats("spectrogram", 1, 10, bands),
    }


def in_step(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A spectrogram as long as the text."""
    from tiny_models.inputs.values import floats

    bands = inputs["input_features"].shape[1]
    frames = model.config.audio_length_per_tok * inputs["input_ids"].shape[1]
    return {**inputs, "input_features": floats("spectrogram", 1, bands, frames)}


def spoken(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The sound, and text for the decoder alone."""
    return {name: inputs[name] for name in ("input_features", "decoder_input_ids")}


def qwen_audio(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Placeholders for the sound, one per two frames halved twice."""
    import torch

    frames = inputs["input_features"].shape[-1]
    ids = inputs["input_ids"].clone()
    count = ((frames - 1) // 2 + 1 - 2) // 2 + 1
    token = model.config.audio_token_index
    ids = torch.cat([torch.full((1, count), token), ids], dim=1)
    return {
        **inputs,
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "feature_attention_mask": torch.ones(1, frames, dtype=torch.long),
    }
