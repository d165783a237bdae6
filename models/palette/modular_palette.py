# Copyright the rules_transformers authors
# SPDX-License-Identifier: Apache-2.0
"""Palette: a vision-language model that reads images in their own shape.

An image is shrunk to a budget of patches, its aspect ratio kept, and encoded by Fresco. Squares of
patches are merged into one token each, and each row of tokens is closed by a learned row-end token,
so the language model (Quill by default) knows the shape of what it reads. A wide image costs wide
rows and a small one few tokens; nothing is spent on padding.
"""

import torch
import transformers.initialization as init
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers.activations import ACT2FN
from transformers.cache_utils import Cache
from transformers.configuration_utils import SubConfigSpec
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.modeling_utils import PreTrainedModel, slice_logits_to_keep
from transformers.models.auto import AutoConfig
from transformers.models.llava.configuration_llava import LlavaConfig
from transformers.models.llava.modeling_llava import (
    LlavaCausalLMOutputWithPast,
    LlavaForConditionalGeneration,
    LlavaModel,
    LlavaModelOutputWithPast,
    LlavaMultiModalProjector,
    LlavaPreTrainedModel,
)
from transformers.models.llava.processing_llava import LlavaProcessor
from transformers.processing_utils import MultiModalData, ProcessorMixin, Unpack
from transformers.utils import TransformersKwargs, auto_docstring
from transformers.utils.generic import can_return_tuple, merge_with_config_defaults

from ..fresco.image_processing_fresco import FrescoImageProcessor, FrescoImageProcessorKwargs


@auto_docstring(custom_intro="This is the configuration class of a [`PaletteModel`].")
@strict
class PaletteConfig(LlavaConfig):
    r"""
    merge_size (`int`, *optional*, defaults to 2):
        How many patches, in each direction, are merged into one image token.

    ```python
    >>> from models.palette import PaletteConfig, PaletteForConditionalGeneration

    >>> configuration = PaletteConfig()
    >>> model = PaletteForConditionalGeneration(configuration)
    >>> configuration = model.config
    ```"""

    model_type = "palette"
    attribute_map = AttributeError()
    sub_configs_defaults = {
        "vision_config": SubConfigSpec(config_class=AutoConfig, model_type="fresco"),
        "text_config": SubConfigSpec(config_class=AutoConfig, model_type="quill"),
    }

    image_token_index = AttributeError()
    image_seq_length = AttributeError()
    vision_feature_select_strategy = AttributeError()
    vision_feature_layer = AttributeError()
    image_token_id: int = 31999
    merge_size: int = 2
    tie_word_embeddings: bool = True

    def __post_init__(self, **kwargs):
        raise AttributeError("The tying of the embeddings is not taken from the text config")


class PaletteModelOutputWithPast(LlavaModelOutputWithPast):
    pass


class PaletteCausalLMOutputWithPast(LlavaCausalLMOutputWithPast):
    pass


class PaletteMultiModalProjector(LlavaMultiModalProjector):
    """Merges squares of patches and projects them to the width of the language model."""

    def __init__(self, config: PaletteConfig):
        nn.Module.__init__(self)
        self.merge_size = config.merge_size
        merged_size = config.vision_config.hidden_size * config.merge_size**2
        text_size = config.text_config.hidden_size
        self.linear_1 = nn.Linear(merged_size, text_size, bias=config.multimodal_projector_bias)
        self.act = ACT2FN[config.projector_hidden_act]
        self.linear_2 = nn.Linear(text_size, text_size, bias=config.multimodal_projector_bias)

    def forward(self, image_features: torch.Tensor) -> torch.Tensor:
        r"""
        Args:
            image_features (`torch.Tensor` of shape `(rows, columns, vision_hidden_size)`):
                The patches of one image. Both counts are multiples of `merge_size`.

        Returns:
            `torch.Tensor` of shape `(rows // merge_size, columns // merge_size, text_hidden_size)`.
        """
        side = self.merge_size
        squares = image_features.unflatten(1, (-1, side)).unflatten(0, (-1, side)).transpose(1, 2)
        return self.linear_2(self.act(self.linear_1(squares.flatten(2))))


class PalettePreTrainedModel(LlavaPreTrainedModel):
    @torch.no_grad()
    def _init_weights(self, module):
        PreTrainedModel._init_weights(self, module)
        if isinstance(module, PaletteModel):
            init.normal_(module.row_end, mean=0.0, std=self.config.text_config.initializer_range)


@auto_docstring(
    custom_intro="""
    The Palette model which consists of a vision encoder and a language model, without a language
    modeling head.
    """
)
class PaletteModel(LlavaModel):
    def __init__(self, config: PaletteConfig):
        super().__init__(config)
        self.row_end = nn.Parameter(torch.zeros(config.text_config.hidden_size))

    @merge_with_config_defaults
    @can_return_tuple
    @auto_docstring(
        custom_intro="Encodes images and projects them to tokens, by image in `pooler_output`."
    )
    def get_image_features(
        self,
        pixel_values: torch.Tensor,
        image_sizes: torch.LongTensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> BaseModelOutputWithPooling:
        if image_sizes is None:
            image_sizes = [pixel_values.shape[-2:]] * pixel_values.shape[0]
        image_sizes = torch.as_tensor(image_sizes, device=pixel_values.device)
        image_outputs = self.vision_tower(
            pixel_values, image_sizes=image_sizes, return_dict=True, **kwargs
        )

        patch_size = self.config.vision_config.patch_size
        padded_columns = pixel_values.shape[-1] // patch_size
        grids = image_outputs.last_hidden_state.unflatten(1, (-1, padded_columns))

        image_features = []
        for grid, (rows, columns) in zip(grids, (image_sizes // patch_size).tolist(), strict=True):
            tokens = self.multi_modal_projector(grid[:rows, :columns])
            row_ends = self.row_end.expand(tokens.shape[0], 1, -1)
            image_features.append(torch.cat((tokens, row_ends), dim=1).flatten(0, 1))
        image_outputs.pooler_output = image_features

        return image_outputs

    @can_return_tuple
    @auto_docstring
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        pixel_values: torch.Tensor | None = None,
        image_sizes: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        cache: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> PaletteModelOutputWithPast:
        if (input_ids is None) ^ (inputs_embeds is not None):
            raise ValueError("You must specify exactly one of input_ids or inputs_embeds")

        if inputs_embeds is None:
            inputs_embeds = self.get_input_embeddings()(input_ids)

        image_outputs = None
        if pixel_values is not None:
            image_outputs = self.get_image_features(
                pixel_values, image_sizes=image_sizes, return_dict=True
            )
            image_features = torch.cat(image_outputs.pooler_output).to(
                inputs_embeds.device, inputs_embeds.dtype
            )
            special_image_mask = self.get_placeholder_mask(
                input_ids, inputs_embeds=inputs_embeds, image_features=image_features
            )
            inputs_embeds = inputs_embeds.masked_scatter(special_image_mask, image_features)

        outputs = self.language_model(
            attention_mask=attention_mask,
            position_ids=position_ids,
            cache=cache,
            inputs_embeds=inputs_embeds,
            **kwargs,
        )

        return PaletteModelOutputWithPast(
            last_hidden_state=outputs.last_hidden_state,
            cache=outputs.cache,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            image_outputs=image_outputs,
        )


@auto_docstring(
    custom_intro="""
    The Palette model which consists of a vision encoder and a language model.
    """
)
class PaletteForConditionalGeneration(LlavaForConditionalGeneration):
    @auto_docstring
    def get_image_features(
        self,
        pixel_values: torch.Tensor,
        image_sizes: torch.LongTensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> BaseModelOutputWithPooling:
        return self.model.get_image_features(pixel_values, image_sizes=image_sizes, **kwargs)

    @can_return_tuple
    @auto_docstring
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        pixel_values: torch.Tensor | None = None,
        image_sizes: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.LongTensor | None = None,
        cache: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        labels: torch.LongTensor | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **kwargs: Unpack[TransformersKwargs],
    ) -> PaletteCausalLMOutputWithPast:
        r"""
        Example:

        ```python
        >>> from PIL import Image
        >>> from models.palette import PaletteForConditionalGeneration, PaletteProcessor

        >>> model = PaletteForConditionalGeneration.from_pretrained("path/to/palette")
        >>> processor = PaletteProcessor.from_pretrained("path/to/palette")

        >>> image = Image.open("cat.jpg")
        >>> inputs = processor(images=image, text="<image>What is this?", return_tensors="pt")
        >>> generate_ids = model.generate(**inputs, max_new_tokens=15)
        >>> processor.batch_decode(generate_ids, skip_special_tokens=True)[0]
        ```"""
        outputs = self.model(
            input_ids=input_ids,
            pixel_values=pixel_values,
            image_sizes=image_sizes,
            attention_mask=attention_mask,
            position_ids=position_ids,
            cache=cache,
            inputs_embeds=inputs_embeds,
            **kwargs,
        )

        hidden_states = slice_logits_to_keep(outputs.last_hidden_state, logits_to_keep)
        logits = self.lm_head(hidden_states)

        loss = None
        if labels is not None:
            loss = self.loss_function(
                logits=logits,
                labels=labels,
                vocab_size=self.config.text_config.vocab_size,
                **kwargs,
            )

        return PaletteCausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            cache=outputs.cache,
            hidden_states=outputs.hidden_states,
            attentions=outputs.attentions,
            image_outputs=outputs.image_outputs,
        )


class PaletteImageProcessorKwargs(FrescoImageProcessorKwargs):
    pass


@auto_docstring(
    custom_intro="Constructs a Palette image processor, which keeps the aspect ratio of each image."
)
class PaletteImageProcessor(FrescoImageProcessor):
    merge_size = 2
    max_patches = 4096


class PaletteProcessor(LlavaProcessor):
    def __init__(
        self,
        image_processor=None,
        tokenizer=None,
        chat_template=None,
        image_token="<image>",
        **kwargs,
    ):
        r"""
        image_token (`str`, *optional*, defaults to `"<image>"`):
            The token that stands for an image in a prompt, and that is repeated to make place for
            its tokens.
        """
        self.image_token = (
            tokenizer.image_token if hasattr(tokenizer, "image_token") else image_token
        )
        self.image_token_id = tokenizer.encode(self.image_token, add_special_tokens=False)[0]
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

    def replace_image_token(self, image_inputs: dict, image_idx: int, **kwargs) -> str:
        height, width = image_inputs["image_sizes"][image_idx]
        return self.image_token * self.count_image_tokens(height, width)

    def count_image_tokens(self, height: int, width: int) -> int:
        """Counts the tokens of an image, row ends included, by its size after resizing."""
        token_size = self.image_processor.patch_size * self.image_processor.merge_size
        return int(height // token_size) * int(width // token_size + 1)

    def _get_num_multimodal_tokens(self, image_sizes=None, **kwargs):
        """
        Computes the number of placeholder tokens needed for multimodal inputs with the given sizes.

        Args:
            image_sizes (`list[list[int]]`, *optional*):
                The sizes of the images before resizing, as (height, width).

        Returns:
            `MultiModalData`: The number of tokens of each image.
        """
        vision_data = {}
        if image_sizes is not None:
            resized = [
                self.image_processor.get_output_size(height, width) for height, width in image_sizes
            ]
            vision_data["num_image_tokens"] = [
                self.count_image_tokens(height, width) for height, width in resized
            ]
            vision_data["num_image_patches"] = [1] * len(resized)
        return MultiModalData(**vision_data)


__all__ = [
    "PaletteConfig",
    "PaletteForConditionalGeneration",
    "PaletteImageProcessor",
    "PaletteModel",
    "PalettePreTrainedModel",
    "PaletteProcessor",
]
