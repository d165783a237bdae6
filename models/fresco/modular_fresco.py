# Copyright the rules_transformers authors
# SPDX-License-Identifier: Apache-2.0
"""Fresco: a vision encoder for images of any size and shape, many of them in one batch.

Positions enter by rotation: half of each head turns with the row of a patch, half with its column,
so there is no position table to interpolate. Images of a batch are padded to a common size and
`image_sizes` says what is padding. A few register tokens give the layers a place to
keep what belongs to no patch; they are dropped at the end.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
import transformers.initialization as init
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers.image_processing_backends import PilBackend
from transformers.image_processing_utils import BatchFeature
from transformers.image_utils import (
    IMAGENET_STANDARD_MEAN,
    IMAGENET_STANDARD_STD,
    ChannelDimension,
    PILImageResampling,
    SizeDict,
    get_image_size,
)
from transformers.masking_utils import create_bidirectional_mask
from transformers.modeling_outputs import BaseModelOutputWithPooling, ImageClassifierOutput
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS, PreTrainedModel
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb
from transformers.models.vit.configuration_vit import ViTConfig
from transformers.models.vit.modeling_vit import (
    ViTAttention,
    ViTForImageClassification,
    ViTLayer,
    ViTPreTrainedModel,
    eager_attention_forward,
)
from transformers.processing_utils import ImagesKwargs, Unpack
from transformers.utils import TensorType, TransformersKwargs, auto_docstring
from transformers.utils.generic import can_return_tuple, merge_with_config_defaults
from transformers.utils.output_capturing import capture_outputs


@auto_docstring(custom_intro="This is the configuration class of a [`FrescoModel`].")
@strict
class FrescoConfig(ViTConfig):
    r"""
    num_register_tokens (`int`, *optional*, defaults to 4):
        How many learned tokens are put before the patches, and dropped after the last layer.
    rope_theta (`float`, *optional*, defaults to 100.0):
        Base of the rotary frequencies, small because an image has tens of rows and columns rather
        than thousands.

    ```python
    >>> from models.fresco import FrescoConfig, FrescoModel

    >>> configuration = FrescoConfig()
    >>> model = FrescoModel(configuration)
    >>> configuration = model.config
    ```"""

    model_type = "fresco"

    image_size = AttributeError()
    encoder_stride = AttributeError()
    pooler_output_size = AttributeError()
    pooler_act = AttributeError()
    layer_norm_eps: float = 1e-6
    patch_size: int = 16
    num_register_tokens: int = 4
    rope_theta: float = 100.0

    def __post_init__(self, **kwargs):
        raise AttributeError("There is no pooler to size")

    def validate_architecture(self):
        """Part of `@strict`-powered validation. Validates the architecture of the config."""
        if self.hidden_size % (4 * self.num_attention_heads) != 0:
            raise ValueError(
                f"The hidden size ({self.hidden_size}) is not a multiple of four times the number "
                f"of attention heads ({self.num_attention_heads}): a head turns pairs of "
                "coordinates by row and pairs by column."
            )


class FrescoEmbeddings(nn.Module):
    """Turns pixels into patches in row-major order, with the register tokens before them."""

    def __init__(self, config: FrescoConfig):
        super().__init__()
        self.patch_size = config.patch_size
        self.patch_embeddings = nn.Conv2d(
            config.num_channels,
            config.hidden_size,
            kernel_size=config.patch_size,
            stride=config.patch_size,
        )
        self.register_tokens = nn.Parameter(
            torch.zeros(1, config.num_register_tokens, config.hidden_size)
        )
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        height, width = pixel_values.shape[-2:]
        if height % self.patch_size or width % self.patch_size:
            raise ValueError(
                f"Height and width must be multiples of the patch size ({self.patch_size}), but "
                f"the images are {height} by {width} pixels."
            )
        patches = self.patch_embeddings(pixel_values.to(self.patch_embeddings.weight.dtype))
        patches = patches.flatten(2).transpose(1, 2)
        registers = self.register_tokens.expand(patches.shape[0], -1, -1)
        return self.dropout(torch.cat((registers, patches), dim=1))


class FrescoRotaryEmbedding(nn.Module):
    """Cosines and sines for a grid of patches, one half of them by row and the other by column."""

    def __init__(self, config: FrescoConfig):
        super().__init__()
        self.config = config
        self.inv_freq = nn.Buffer(self.compute_inverse_frequencies(config), persistent=False)

    @staticmethod
    def compute_inverse_frequencies(config: FrescoConfig) -> torch.Tensor:
        quarter = config.hidden_size // config.num_attention_heads // 4
        return 1.0 / (config.rope_theta ** (torch.arange(quarter, dtype=torch.float) / quarter))

    @torch.no_grad()
    def forward(
        self, hidden_states: torch.Tensor, rows: int, columns: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        inv_freq = self.inv_freq.to(device=hidden_states.device, dtype=torch.float)
        row_ids, column_ids = torch.meshgrid(
            torch.arange(rows, device=inv_freq.device),
            torch.arange(columns, device=inv_freq.device),
            indexing="ij",
        )
        positions = torch.stack((row_ids.flatten(), column_ids.flatten()), dim=-1)
        angles = (positions[..., None] * inv_freq).flatten(1)
        # An angle of zero leaves the registers where they are
        angles = nn.functional.pad(angles, (0, 0, self.config.num_register_tokens, 0))
        angles = torch.cat((angles, angles), dim=-1).unsqueeze(0)
        return angles.cos().to(hidden_states.dtype), angles.sin().to(hidden_states.dtype)


class FrescoAttention(ViTAttention):
    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        position_embeddings: tuple[torch.Tensor, torch.Tensor] | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        input_shape = hidden_states.shape[:-1]
        hidden_shape = (*input_shape, -1, self.head_dim)

        query_states = self.q_proj(hidden_states).view(hidden_shape).transpose(1, 2)
        key_states = self.k_proj(hidden_states).view(hidden_shape).transpose(1, 2)
        value_states = self.v_proj(hidden_states).view(hidden_shape).transpose(1, 2)

        cos, sin = position_embeddings
        query_states, key_states = apply_rotary_pos_emb(query_states, key_states, cos, sin)

        attention_interface: Callable = ALL_ATTENTION_FUNCTIONS.get_interface(
            self.config._attn_implementation, eager_attention_forward
        )

        attn_output, attn_weights = attention_interface(
            self,
            query_states,
            key_states,
            value_states,
            attention_mask,
            dropout=0.0 if not self.training else self.attention_dropout,
            scaling=self.scaling,
            **kwargs,
        )

        attn_output = attn_output.reshape(*input_shape, -1).contiguous()
        attn_output = self.o_proj(attn_output)

        return attn_output, attn_weights


class FrescoLayer(ViTLayer):
    pass


class FrescoPreTrainedModel(ViTPreTrainedModel):
    @torch.no_grad()
    def _init_weights(self, module):
        PreTrainedModel._init_weights(self, module)
        if isinstance(module, FrescoEmbeddings):
            init.trunc_normal_(module.register_tokens, mean=0.0, std=self.config.initializer_range)
        elif isinstance(module, FrescoRotaryEmbedding):
            init.copy_(module.inv_freq, module.compute_inverse_frequencies(module.config))


def patches_mask(
    image_sizes: torch.Tensor, rows: int, columns: int, patch_size: int
) -> torch.Tensor:
    """
    Says which patches of a grid of `rows` by `columns` show an image rather than padding.

    Args:
        image_sizes (`torch.LongTensor` of shape `(batch_size, 2)`):
            Height and width of each image in pixels, without padding.

    Returns:
        `torch.BoolTensor` of shape `(batch_size, rows * columns)`.
    """
    grid_sizes = image_sizes // patch_size
    row_mask = torch.arange(rows, device=image_sizes.device) < grid_sizes[:, :1]
    column_mask = torch.arange(columns, device=image_sizes.device) < grid_sizes[:, 1:]
    return (row_mask[:, :, None] & column_mask[:, None, :]).flatten(1)


@auto_docstring
class FrescoModel(FrescoPreTrainedModel):
    def __init__(self, config: FrescoConfig):
        super().__init__(config)
        self.embeddings = FrescoEmbeddings(config)
        self.rotary_emb = FrescoRotaryEmbedding(config)
        self.layers = nn.ModuleList([FrescoLayer(config) for _ in range(config.num_hidden_layers)])
        self.layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.post_init()

    @merge_with_config_defaults
    @capture_outputs(tie_last_hidden_states=False)
    @auto_docstring
    def forward(
        self,
        pixel_values: torch.Tensor,
        image_sizes: torch.LongTensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> BaseModelOutputWithPooling:
        r"""
        image_sizes (`torch.LongTensor` of shape `(batch_size, 2)`, *optional*):
            Height and width of each image in pixels, before it was padded at the bottom and at the
            right. Defaults to no padding.
        """
        rows, columns = (size // self.config.patch_size for size in pixel_values.shape[-2:])
        hidden_states = self.embeddings(pixel_values)

        if image_sizes is None:
            mask = torch.ones(
                hidden_states.shape[0],
                rows * columns,
                dtype=torch.bool,
                device=hidden_states.device,
            )
        else:
            image_sizes = torch.as_tensor(image_sizes, device=hidden_states.device)
            mask = patches_mask(image_sizes, rows, columns, self.config.patch_size)
        num_registers = self.config.num_register_tokens
        attention_mask = create_bidirectional_mask(
            config=self.config,
            inputs_embeds=hidden_states,
            attention_mask=nn.functional.pad(mask, (num_registers, 0), value=True),
        )
        position_embeddings = self.rotary_emb(hidden_states, rows, columns)

        for layer in self.layers:
            hidden_states = layer(
                hidden_states, attention_mask, position_embeddings=position_embeddings, **kwargs
            )

        patch_states = self.layernorm(hidden_states[:, num_registers:])
        weights = mask.to(patch_states.dtype).unsqueeze(-1)
        pooled_output = (patch_states * weights).sum(dim=1) / weights.sum(dim=1)

        return BaseModelOutputWithPooling(
            last_hidden_state=patch_states, pooler_output=pooled_output
        )


@auto_docstring(
    custom_intro="""
    Fresco Model with an image classification head on top (a linear layer on top of the mean of the
    patches).
    """
)
class FrescoForImageClassification(ViTForImageClassification):
    def __init__(self, config: FrescoConfig):
        super().__init__(config)
        self.fresco = FrescoModel(config)

    @can_return_tuple
    @auto_docstring
    def forward(
        self,
        pixel_values: torch.Tensor | None = None,
        image_sizes: torch.LongTensor | None = None,
        labels: torch.Tensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> ImageClassifierOutput:
        r"""
        image_sizes (`torch.LongTensor` of shape `(batch_size, 2)`, *optional*):
            Height and width of each image in pixels, before it was padded at the bottom and at the
            right. Defaults to no padding.

        Example:

        ```python
        >>> from PIL import Image
        >>> from models.fresco import FrescoForImageClassification, FrescoImageProcessor

        >>> model = FrescoForImageClassification.from_pretrained("path/to/fresco")
        >>> image_processor = FrescoImageProcessor.from_pretrained("path/to/fresco")

        >>> images = [Image.open("wide.jpg"), Image.open("tall.jpg")]
        >>> inputs = image_processor(images, return_tensors="pt")
        >>> labels = model(**inputs).logits.argmax(dim=-1)
        >>> [model.config.id2label[label] for label in labels.tolist()]
        ```"""
        outputs: BaseModelOutputWithPooling = self.fresco(
            pixel_values, image_sizes=image_sizes, **kwargs
        )
        logits = self.classifier(outputs.pooler_output)

        loss = None
        if labels is not None:
            loss = self.loss_function(labels, logits, self.config, **kwargs)

        return ImageClassifierOutput(
            loss=loss,
            logits=logits,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
        )


class FrescoImageProcessorKwargs(ImagesKwargs, total=False):
    r"""
    patch_size (`int`, *optional*, defaults to `self.patch_size`):
        Height and width of a patch in pixels.
    merge_size (`int`, *optional*, defaults to `self.merge_size`):
        How many patches, in each direction, a later model merges into one. Images are resized to
        whole groups.
    max_patches (`int`, *optional*, defaults to `self.max_patches`):
        The most patches that an image may take. Larger images are shrunk, their aspect ratio kept.
    """

    patch_size: int
    merge_size: int
    max_patches: int


def fit_to_grid(height: int, width: int, cell_size: int, max_cells: int) -> tuple[int, int]:
    """
    Finds the size to give an image: whole cells, at most `max_cells` of them, nearly its own shape
    and never enlarged by more than the rest of a cell.

    Args:
        height (`int`): Height of the image in pixels.
        width (`int`): Width of the image in pixels.
        cell_size (`int`): Height and width of a cell in pixels.
        max_cells (`int`): The most cells that an image may take.

    Returns:
        `tuple[int, int]`: The new height and width in pixels.
    """
    rows, columns = height / cell_size, width / cell_size
    shrink = min(1.0, math.sqrt(max_cells / (rows * columns)))
    rows, columns = max(1, round(rows * shrink)), max(1, round(columns * shrink))
    # Rounding up, or a strip less than one cell wide, may exceed the budget: the longer side yields
    if rows >= columns:
        rows = min(rows, max_cells // columns)
    else:
        columns = min(columns, max_cells // rows)
    return rows * cell_size, columns * cell_size


@auto_docstring(
    custom_intro="Constructs a Fresco image processor, which keeps the aspect ratio of each image."
)
class FrescoImageProcessor(PilBackend):
    valid_kwargs = FrescoImageProcessorKwargs
    model_input_names = ["pixel_values", "image_sizes"]

    resample = PILImageResampling.BICUBIC
    image_mean = IMAGENET_STANDARD_MEAN
    image_std = IMAGENET_STANDARD_STD
    do_resize = True
    do_rescale = True
    do_normalize = True
    do_convert_rgb = True
    patch_size = 16
    merge_size = 1
    max_patches = 1024

    def __init__(self, **kwargs: Unpack[FrescoImageProcessorKwargs]):
        super().__init__(**kwargs)

    def get_output_size(self, height: int, width: int) -> tuple[int, int]:
        """The size in pixels that an image of `height` by `width` pixels is resized to."""
        return fit_to_grid(
            height, width, self.patch_size * self.merge_size, self.max_patches // self.merge_size**2
        )

    def _validate_preprocess_kwargs(self, **kwargs):
        # The size to resize to is found for each image
        kwargs["do_resize"] = False
        super()._validate_preprocess_kwargs(**kwargs)

    def _preprocess(
        self,
        images: list[np.ndarray],
        do_resize: bool,
        resample: "PILImageResampling | None",
        do_rescale: bool,
        rescale_factor: float,
        do_normalize: bool,
        image_mean: float | list[float] | None,
        image_std: float | list[float] | None,
        patch_size: int,
        merge_size: int,
        max_patches: int,
        return_tensors: str | TensorType | None,
        **kwargs,
    ) -> BatchFeature:
        processed_images, image_sizes = [], []
        for image in images:
            height, width = get_image_size(image, channel_dim=ChannelDimension.FIRST)
            if do_resize:
                height, width = fit_to_grid(
                    height, width, patch_size * merge_size, max_patches // merge_size**2
                )
                image = self.resize(image, SizeDict(height=height, width=width), resample=resample)
            if do_rescale:
                image = self.rescale(image, rescale_factor)
            if do_normalize:
                image = self.normalize(image, image_mean, image_std)
            processed_images.append(image)
            image_sizes.append((height, width))

        data = {"pixel_values": self.pad(processed_images), "image_sizes": image_sizes}
        return BatchFeature(data=data, tensor_type=return_tensors)


__all__ = [
    "FrescoConfig",
    "FrescoForImageClassification",
    "FrescoImageProcessor",
    "FrescoModel",
    "FrescoPreTrainedModel",
]
