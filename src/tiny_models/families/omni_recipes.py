"""Recipes of inputs for models that read pictures beside videos, and some of them sound too."""

from __future__ import annotations

import inspect
from typing import Any

from tiny_models.families.family import Recipe

_PIXELS = ("pixel_values", "pixel_values_videos")


def merge_sizes(*names: str) -> Recipe:
    """How the patches of each picture or video are merged, under the given names."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        import torch

        return {**inputs, **{name: torch.tensor([2]) for name in names}}

    return recipe


def patch_pictures(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Every patch as a small picture."""
    from tiny_models.inputs.vision import channels, vision_part

    config = vision_part(model.config)
    patch = config.patch_size
    made = dict(inputs)
    for name in _PIXELS:
        if name in made:
            rows = made[name].flatten(0, -2)
            made[name] = rows.reshape(rows.shape[0], channels(config), patch, patch)
    return made


def frames_of_patches(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Patches over two frames."""
    return {
        **inputs,
        **{name: inputs[name].repeat(1, 2) for name in _PIXELS if name in inputs},
    }


def muse(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Two whole frames of sound, with their mask."""
    import torch

    from tiny_models.inputs.values import floats

    samples = 2 * model.config.audio_config.samples_per_token
    return {
        **inputs,
        "input_values": floats("waveform", 1, samples),
        "input_values_mask": torch.ones(1, samples, dtype=torch.long),
    }


def target_sizes(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Height and width in patches of the picture, and of two frames side by side."""
    import torch

    from tiny_models.inputs.vision import vision_part

    made = dict(inputs)
    side = made["pixel_values"].shape[-1] // vision_part(model.config).patch_size
    made["target_sizes"] = torch.tensor([[side, side]])
    if "pixel_values_videos" in made:
        frames = made["pixel_values_videos"][:, :2]
        made["pixel_values_videos"] = torch.cat([frames[:, 0], frames[:, 1]], dim=-1)
        made["target_sizes_videos"] = torch.tensor([[side, side]] * 2)
    return made


def two_steps(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A video of two steps of time."""
    import torch

    if "pixel_values_videos" not in inputs:
        return inputs
    time, height, width = inputs["video_grid_thw"][0].tolist()
    return {
        **inputs,
        "pixel_values_videos": inputs["pixel_values_videos"].repeat(2, 1),
        "video_grid_thw": torch.tensor([[2 * time, height, width]]),
    }


def pieces_of_sound(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The length of the sound in samples."""
    import torch

    samples = inputs["input_features"].shape[-1] * model.config.audio_config.hop_length
    return {**inputs, "chunk_sample_lengths": torch.tensor([samples])}


def spans(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Placeholders of a picture, and those of a video between the tokens of its start and end."""
    import torch

    config = model.config
    merged = config.vision_config.spatial_merge_size**2
    counts = [int(inputs[f"{kind}_grid_thw"].prod()) // merged for kind in ("image", "video")]
    image = config.image_token_id
    front = [
        *[image] * counts[0],
        config.video_start_token_id,
        *[image] * counts[1],
        config.video_end_token_id,
    ]
    ids = torch.cat([torch.tensor([front]), inputs["input_ids"]], dim=1)
    kinds = [1] * counts[0] + [0] + [2] * counts[1] + [0] * (1 + inputs["input_ids"].shape[1])
    return {
        **inputs,
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": torch.tensor([kinds]),
    }


def gemma(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Patches with their rows and columns, two frames of a video, and sound."""
    import torch

    from tiny_models.inputs.values import floats, lookup

    names = inspect.signature(model.forward).parameters
    made = {name: value for name, value in inputs.items() if not name.startswith("pixel_values")}
    vision = model.config.vision_config
    if vision is not None:
        # Without a tower each patch is a token; with one, squares of patches are pooled.
        whole = getattr(vision, "model_patch_size", None)
        side = 2 if whole else 2 * vision.pooling_kernel_size
        width = 3 * (whole or vision.patch_size) ** 2
        places = torch.cartesian_prod(torch.arange(side), torch.arange(side))[None]
        made["pixel_values"] = floats("patches", 1, side * side, width)
        made["image_position_ids"] = places
        if "pixel_values_videos" in names:
            made["pixel_values_videos"] = floats("frames", 2, side * side, width)
            made["video_position_ids"] = places.repeat(2, 1, 1)
            made["num_frames_per_video"] = torch.tensor([2])
    audio = getattr(model.config, "audio_config", None)
    if audio is not None and "input_features" in names:
        bands = lookup(audio, "audio_embed_dim", default=128)
        made["input_features"] = floats("spectrogram", 1, 64, bands)
        made["input_features_mask"] = torch.ones(1, 64, dtype=torch.bool)
    return made


def phi(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A picture as a whole and as its only crop, a sound, and as many tokens as they make."""
    import torch

    from tiny_models.inputs.values import floats

    vision, audio = model.config.vision_config, model.config.audio_config
    patches = vision.crop_size // vision.patch_size
    half = patches // 2
    # A row of pooled patches ends with a separator; another one parts crops and whole.
    pictures = 2 * half * (half + 1) + 1
    frames = 64
    sounds = frames // audio.time_reduction
    front = [vision.image_token_id] * pictures + [audio.audio_token_id] * sounds
    ids = torch.cat([torch.tensor([front]), inputs["input_ids"]], dim=1)
    return {
        **inputs,
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "image_pixel_values": floats("picture", 1, 2, 3, vision.crop_size, vision.crop_size),
        "image_sizes": torch.tensor([[vision.crop_size, vision.crop_size]]),
        "image_attention_mask": torch.ones(1, 2, patches, patches),
        "audio_input_features": floats("spectrogram", 1, frames, audio.input_size),
        "audio_embed_sizes": torch.tensor([sounds]),
    }


def voice_and_speech(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Latents of a voice in front of the text, and of the speech so far behind it."""
    import torch

    from tiny_models.inputs.values import floats

    config = model.config
    before = torch.tensor([[config.audio_prompt_token_id] * 3])
    behind = torch.tensor([[config.audio_bos_token_id, *[config.audio_latent_token_id] * 2]])
    ids = torch.cat([before, inputs["input_ids"], behind], dim=1)
    voice = getattr(config, "audio_prompt_dim", config.latent_dim)
    return {
        **inputs,
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "audio_prompt_latents": floats("voice", 1, 3, voice),
        "audio_latents": floats("speech", 1, 2, config.latent_dim),
    }


def codes(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Three steps of sound, a code per codebook, and a token for each step."""
    import torch

    config = model.config
    front = torch.full((1, 3), config.audio_token_id)
    ids = torch.cat([front, inputs["input_ids"]], dim=1)
    steps = torch.arange(3 * config.num_codebooks).reshape(1, 3, -1) % config.codebook_size
    return {
        **inputs,
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "audio_input_ids": steps,
        "audio_input_ids_mask": torch.ones(1, 3, dtype=torch.bool),
    }


def heard(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A waveform, a token for each of its frames and one for its end."""
    import torch

    from tiny_models.inputs.values import floats

    config, samples = model.config, 5760
    frames = int(model.codec_model.get_encoded_length(torch.tensor(samples)))
    front = [*[config.audio_token_id] * frames, config.audio_eos_token_id]
    ids = torch.cat([torch.tensor([front]), inputs["input_ids"]], dim=1)
    return {
        **inputs,
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "input_values": floats("waveform", 1, 1, samples),
        "input_values_cutoffs": torch.tensor([[samples]]),
    }


def sound(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A waveform of three frames."""
    import torch

    from tiny_models.inputs.values import floats, lookup

    samples = 3 * lookup(model.config, "hop_length")
    return {
        **inputs,
        "input_values": floats("waveform", 1, 1, samples),
        "padding_mask": torch.ones(1, samples, dtype=torch.bool),
        "sample": False,
    }
