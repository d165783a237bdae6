"""Recipes of inputs that join pictures, videos or sound with text."""

from __future__ import annotations

from typing import Any


def lxmert(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Features and boxes of four regions."""
    from tiny_models.inputs.values import floats

    config = model.config
    return {
        **inputs,
        "visual_feats": floats("visual_feats", 1, 4, config.visual_feat_dim),
        "visual_pos": floats("visual_pos", 1, 4, config.visual_pos_dim),
    }


def regions(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Features of four regions."""
    import torch

    from tiny_models.inputs.values import floats

    return {
        **inputs,
        "visual_embeds": floats("visual_embeds", 1, 4, model.config.visual_embedding_dim),
        "visual_attention_mask": torch.ones(1, 4, dtype=torch.long),
        "visual_token_type_ids": torch.ones(1, 4, dtype=torch.long),
    }


def kosmos(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A mask of the tokens that the picture's features replace."""
    import torch

    mask = torch.zeros_like(inputs["input_ids"])
    mask[:, 1 : 1 + model.config.latent_query_num] = 1
    return {**inputs, "image_embeds_position_mask": mask}


def queries(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Queries, and features of a picture that they read."""
    from tiny_models.inputs.values import floats

    config = model.config
    return {
        "query_embeds": floats("query_embeds", 1, 4, config.hidden_size),
        "encoder_hidden_states": floats("picture", 1, 8, config.encoder_hidden_size),
    }


def aspect(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Tiles of one picture, and how they are arranged."""
    import torch

    vision = getattr(model.config, "vision_config", model.config)
    pixels = inputs["pixel_values"][:, None, None].repeat(1, 1, vision.max_num_tiles, 1, 1, 1)
    mask = torch.zeros(1, 1, vision.max_num_tiles, dtype=torch.long)
    mask[..., 0] = 1
    result = {
        **inputs,
        "pixel_values": pixels,
        "aspect_ratio_ids": torch.ones(1, 1, dtype=torch.long),
        "aspect_ratio_mask": mask,
    }
    if "input_ids" in inputs:
        length = inputs["input_ids"].shape[1]
        result["cross_attention_mask"] = torch.ones(
            1, length, 1, vision.max_num_tiles, dtype=torch.long
        )
    return result


# Codes are spelt as letters for digits (Chameleon) and as numbers (Emu3).
PICTURE_WORDS = {
    "<image>": 250,
    "<|extra_200|>": 251,
    **{f"IMGIMG{''.join(chr(65 + int(digit)) for digit in str(n))}Z": 100 + n for n in range(64)},
    **{f"<|visual token {n:06d}|>": 30 + n for n in range(64)},
}


def patch_rows(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Four patches of one picture, one a row."""
    from tiny_models.inputs.values import floats

    config = model.config
    return {**inputs, "pixel_values": floats("patches", 1, 4, 3 * config.patch_size**2)}


def flattened(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Eight patches, each with its row and column in front."""
    import torch

    from tiny_models.inputs.values import floats

    vision = model.config.vision_config
    patches = floats("patches", 1, 8, vision.patch_embed_hidden_size)
    places = torch.ones(1, 8, 2)
    return {
        "flattened_patches": torch.cat([places, patches], dim=-1),
        "attention_mask": torch.ones(1, 8),
        "decoder_input_ids": inputs["decoder_input_ids"],
    }


def high_resolution(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The picture for the tower of high resolution."""
    from tiny_models.inputs.vision import picture

    config = model.config.high_res_vision_config
    return {**inputs, "high_res_pixel_values": picture(config)}


def task(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A task as token ids."""
    from tiny_models.inputs.values import token_ids

    length = model.config.task_seq_len
    return {**inputs, "task_inputs": token_ids(model.config, "task", length, 64)}


def codebook(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The picture that the codebook reads, with a code per patch, and what is masked."""
    import torch

    from tiny_models.inputs.values import floats

    image = model.config.image_config
    side = image.image_size // image.patch_size
    masked = torch.zeros(1, side, side, dtype=torch.bool)
    masked[:, 0] = True
    return {
        **inputs,
        "codebook_pixel_values": floats("codebook", 1, 3, 8 * side, 8 * side),
        "bool_masked_pos": masked,
        "input_ids_masked": inputs["input_ids"].clone(),
    }


def merged_pictures(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Four squares of patches, each as a small picture with the channels last."""
    import torch

    from tiny_models.inputs.values import floats

    vision = getattr(model.config, "vision_config", model.config)
    side = vision.spatial_merge_size * vision.patch_size
    return {
        **inputs,
        "pixel_values": floats("patches", 4, side, side, vision.num_channels),
        "image_grid_thw": torch.tensor([[1, 2, 2]]),
    }


def patches_and_codes(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Two patches over two frames, and three steps of sound, a code per band."""
    import torch

    from tiny_models.inputs.values import floats

    config = model.config
    vision, audio = config.vision_config, config.audio_config
    side = vision.patch_size
    codes = torch.arange(3 * audio.n_mel_bins).reshape(1, 3, -1) % audio.mel_vocab_size
    return {
        **inputs,
        "pixel_values": floats("patches", 2, vision.temporal_patch_size, side, side, 3),
        "audio_input_ids": codes,
        "audio_input_ids_mask": torch.ones(1, 3, dtype=torch.long),
    }


def placed_patches(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Patches with their rows and columns, enough to pool four times."""
    import torch

    from tiny_models.inputs.values import floats

    config = model.config
    side = 2 * config.pooling_kernel_size
    places = torch.cartesian_prod(torch.arange(side), torch.arange(side))[None]
    width = 3 * config.patch_size**2
    return {
        "pixel_values": floats("patches", 1, side * side, width),
        "pixel_position_ids": places,
    }


def picture_to_make(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A token per patch of the picture, and the arrangement of another one."""
    import torch

    config = model.config
    count = inputs["pixel_values"].shape[0]
    front = [config.image_start_token_id, *[config.image_token_id] * count]
    front.append(config.image_end_token_id)
    ids = torch.cat([torch.tensor([front]), inputs["input_ids"]], dim=1)
    return {
        **inputs,
        "image_grid_thw": inputs["image_grid_thw"].repeat(2, 1),
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
    }


def batched_patches(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Patches with a dimension for the batch."""
    return {**inputs, "pixel_values": inputs["pixel_values"][None]}


def anything(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """What a preprocessor would hand on, in the model's width."""
    from tiny_models.inputs.values import floats

    return {"inputs": floats("anything", 1, 16, model.config.d_model)}


def act(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A state, or embedded actions, to act from."""
    from tiny_models.inputs.values import floats

    config = model.config
    if type(model).__name__ == "PI0Model":
        width = config.dit_config.hidden_size
        return {**inputs, "action_embeds": floats("actions", 1, config.chunk_size, width)}
    return {**inputs, "state": floats("state", 1, config.max_state_dim)}


def grid_hw(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Flat patches with their rows and columns."""
    import torch

    from tiny_models.inputs.vision import flat_patches, vision_part

    return {
        **inputs,
        "pixel_values": flat_patches(vision_part(model.config)),
        "image_grid_hw": torch.tensor([[4, 4]]),
    }


def flamingo(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Placeholders for the sound, one per four frames."""
    import torch

    count = inputs["input_features"].shape[-1] // 4
    token = torch.full((1, count), model.config.audio_token_id)
    ids = torch.cat([token, inputs["input_ids"]], dim=1)
    return {**inputs, "input_ids": ids, "attention_mask": torch.ones_like(ids)}


def patch_list(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The patches of all pictures in one list."""
    from tiny_models.inputs.values import floats

    return {**inputs, "pixel_values": floats("patches", 4, 3 * model.config.patch_size**2)}


def cameras(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """One picture of one camera, or tile, and the mask that says so."""
    import torch

    made = {**inputs, "pixel_attention_mask": torch.ones(1, 1, dtype=torch.bool)}
    if "pixel_values" in made and made["pixel_values"].dim() == 4:
        made["pixel_values"] = made["pixel_values"][:, None]
    return made


def robot(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """As :func:`cameras`, with a placeholder per patch in front of the text."""
    import torch

    from tiny_models.inputs.values import lookup
    from tiny_models.inputs.vision import vision_part

    made = cameras(model, inputs)
    whole = model.config.vlm_config
    vision = vision_part(whole)
    count = (vision.image_size // vision.patch_size) ** 2
    front = torch.full((1, count), lookup(whole, "image_token_id"))
    made["input_ids"] = torch.cat([front, made["input_ids"]], dim=1)
    made["attention_mask"] = torch.ones_like(made["input_ids"])
    return made


def adding_ones(name: str, *shape: int) -> Any:
    """One more input, a mask that hides nothing."""

    def recipe(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        import torch

        return {**inputs, name: torch.ones(shape, dtype=torch.long)}

    return recipe


def kosmos_patches(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """Eight patches with row and column in front, and a mask of the tokens they replace."""
    import torch

    from tiny_models.inputs.values import floats

    vision = model.config.vision_config
    patches = floats("patches", 1, 8, vision.patch_embed_hidden_size)
    mask = torch.zeros_like(inputs["input_ids"])
    mask[:, 1 : 1 + model.config.latent_query_num] = 1
    return {
        **inputs,
        "flattened_patches": torch.cat([torch.ones(1, 8, 2), patches], dim=-1),
        "image_embeds_position_mask": mask,
    }


def pooled_crops(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """A picture of two crops in flat patches, with the patches to pool; no film beside it."""
    import torch

    from tiny_models.inputs.values import floats

    vision = model.config.vision_config
    side = vision.image_size[0] // vision.patch_size
    half = side // 2
    # Windows of 2 x 2 patches, numbered through both crops.
    numbers = torch.arange(2 * side**2).reshape(2, half, 2, half, 2)
    return {
        **{name: value for name, value in inputs.items() if name != "pixel_values_videos"},
        "pixel_values": floats("crops", 2, side**2, 3 * vision.patch_size**2),
        "image_token_pooling": numbers.transpose(2, 3).reshape(-1, 4),
        "image_grids": torch.tensor([[half] * 4]),
    }


def named_classes(model: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The names of two classes, and a task, as token ids."""
    import torch

    from tiny_models.inputs.values import token_ids

    text = model.config.text_config
    classes = torch.cat([token_ids(text, f"class {number}", 8) for number in range(2)])
    tasks = token_ids(text, "task", 8)
    return {
        **inputs,
        "classes_input_ids": classes,
        "classes_attention_mask": torch.ones_like(classes),
        "classes_structure": torch.tensor([2]),
        "tasks_input_ids": tasks,
        "tasks_attention_mask": torch.ones_like(tasks),
    }
