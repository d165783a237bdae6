# Copyright the rules_transformers authors
# SPDX-License-Identifier: Apache-2.0
"""Warble: speech to text with an encoder that can run while the speaker is still talking.

It hears the waveform itself, through three strided convolutions that never look ahead. The frames
are cut into chunks; a frame attends to its own chunk and to a bounded number of chunks before it.
So the encoding of a chunk is final as soon as the chunk is over, at a cost that does not grow with
the length of the recording. The decoder is Moonshine's.
"""

from collections.abc import Callable

import numpy as np
import torch
from huggingface_hub.dataclasses import strict
from torch import nn
from transformers.feature_extraction_sequence_utils import SequenceFeatureExtractor
from transformers.feature_extraction_utils import BatchFeature
from transformers.masking_utils import create_bidirectional_mask
from transformers.modeling_outputs import Seq2SeqLMOutput, Seq2SeqModelOutput
from transformers.models.moonshine.configuration_moonshine import MoonshineConfig
from transformers.models.moonshine.modeling_moonshine import (
    MoonshineEncoder,
    MoonshineEncoderModelOutput,
    MoonshineForConditionalGeneration,
    MoonshineModel,
    MoonshinePreTrainedModel,
)
from transformers.processing_utils import Unpack
from transformers.utils import PaddingStrategy, TensorType, TransformersKwargs, auto_docstring


@auto_docstring(custom_intro="This is the configuration class of a [`WarbleModel`].")
@strict
class WarbleConfig(MoonshineConfig):
    r"""
    encoder_num_key_value_heads (`int`, *optional*):
        Number of key and value heads in the encoder. Defaults to `encoder_num_attention_heads`.
    decoder_num_key_value_heads (`int`, *optional*):
        Number of key and value heads in the decoder. Defaults to `decoder_num_attention_heads`.
    encoder_hidden_act (`str`, *optional*, defaults to `"gelu"`):
        The activation function in the encoder.
    decoder_hidden_act (`str`, *optional*, defaults to `"silu"`):
        The activation function in the decoder.
    pad_head_dim_to_multiple_of (`int`, *optional*):
        Pads the heads to a multiple of this size, which some attention implementations ask for.
    chunk_size (`int`, *optional*, defaults to 16):
        Number of frames in a chunk. A frame is 384 samples, which is 24 ms at 16 kHz.
    left_chunks (`int`, *optional*, defaults to 8):
        How many chunks before its own a frame attends to.

    ```python
    >>> from models.warble import WarbleConfig, WarbleModel

    >>> configuration = WarbleConfig()
    >>> model = WarbleModel(configuration)
    >>> configuration = model.config
    ```"""

    model_type = "warble"

    vocab_size: int = 32768
    pad_token_id: int | None = 2
    chunk_size: int = 16
    left_chunks: int = 8


class WarbleEncoderModelOutput(MoonshineEncoderModelOutput):
    pass


class WarbleCausalConv1d(nn.Conv1d):
    """A convolution that never looks ahead: frame `t` hears what is before `(t + 1) * stride`."""

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        return super().forward(
            nn.functional.pad(hidden_states, (self.kernel_size[0] - self.stride[0], 0))
        )


def chunk_overlay(chunk_size: int, left_chunks: int) -> Callable:
    """Mask function: a frame sees its chunk of `chunk_size` frames and `left_chunks` before it."""

    def inner_mask(batch_idx: int, head_idx: int, q_idx: int, kv_idx: int) -> bool:
        distance = q_idx // chunk_size - kv_idx // chunk_size
        return (distance >= 0) & (distance <= left_chunks)

    return inner_mask


class WarblePreTrainedModel(MoonshinePreTrainedModel):
    _supports_flash_attn = False  # it cannot be given the chunks
    samples_per_frame = 64 * 3 * 2  # the strides of the convolutions

    def _get_feat_extract_output_lengths(self, input_lengths: torch.LongTensor):
        raise AttributeError("Every `samples_per_frame` samples make a frame")


class WarbleEncoder(MoonshineEncoder):
    def __init__(self, config: WarbleConfig):
        super().__init__(config)
        self.conv1 = WarbleCausalConv1d(
            1, config.hidden_size, kernel_size=127, stride=64, bias=False
        )
        self.conv2 = WarbleCausalConv1d(
            config.hidden_size, 2 * config.hidden_size, kernel_size=7, stride=3
        )
        self.conv3 = WarbleCausalConv1d(
            2 * config.hidden_size, config.hidden_size, kernel_size=3, stride=2
        )
        # Moonshine normalises over the whole recording, which is not known before its end
        del self.groupnorm
        self.frame_norm = nn.LayerNorm(config.hidden_size)

    def forward(
        self,
        input_values: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        **kwargs: Unpack[TransformersKwargs],
    ) -> WarbleEncoderModelOutput:
        r"""
        Args:
            input_values (`torch.Tensor` of shape `(batch_size, audio_length)`):
                The waveforms, at 16 kHz, padded on the right.
            attention_mask (`torch.Tensor` of shape `(batch_size, audio_length)`, *optional*):
                1 for the samples of a waveform, 0 for its padding.
        """
        hidden_states = nn.functional.tanh(self.conv1(input_values.unsqueeze(1)))
        hidden_states = self.frame_norm(hidden_states.transpose(1, 2)).transpose(1, 2)
        hidden_states = nn.functional.gelu(self.conv2(hidden_states))
        hidden_states = nn.functional.gelu(self.conv3(hidden_states))
        hidden_states = hidden_states.transpose(1, 2)

        # A frame counts when its first sample does
        frame_mask = None
        if attention_mask is not None:
            step = self.samples_per_frame
            frame_mask = attention_mask[:, ::step][:, : hidden_states.shape[1]].int()

        attention_mask = create_bidirectional_mask(
            config=self.config,
            inputs_embeds=hidden_states,
            attention_mask=frame_mask,
            and_mask_function=chunk_overlay(self.config.chunk_size, self.config.left_chunks),
        )

        position_ids = torch.arange(hidden_states.shape[1], device=hidden_states.device)[None]
        position_embeddings = self.rotary_emb(hidden_states, position_ids=position_ids)

        for encoder_layer in self.layers:
            hidden_states = encoder_layer(
                hidden_states,
                attention_mask=attention_mask,
                position_ids=position_ids,
                position_embeddings=position_embeddings,
                **kwargs,
            )

        return WarbleEncoderModelOutput(
            last_hidden_state=self.layer_norm(hidden_states), attention_mask=frame_mask
        )


class WarbleModel(MoonshineModel):
    def forward(self, **super_kwargs) -> Seq2SeqModelOutput:
        r"""
        input_values (`torch.Tensor` of shape `(batch_size, audio_length)`):
            The waveforms, at 16 kHz, padded on the right.
        decoder_position_ids (`torch.LongTensor` of shape `(batch_size, target_sequence_length)`):
            Positions of the decoder's tokens.
        """
        return super().forward(**super_kwargs)

    def _mask_input_features(self):
        raise AttributeError("There are no input features, Warble hears the waveform")


@auto_docstring(
    custom_intro="""
    The Warble Model with a language modeling head. Can be used for automatic speech recognition.
    """
)
class WarbleForConditionalGeneration(MoonshineForConditionalGeneration):
    def forward(self, **super_kwargs) -> Seq2SeqLMOutput:
        r"""
        input_values (`torch.Tensor` of shape `(batch_size, audio_length)`):
            The waveforms, at 16 kHz, padded on the right.
        decoder_position_ids (`torch.LongTensor` of shape `(batch_size, target_sequence_length)`):
            Positions of the decoder's tokens.

        Example:

        ```python
        >>> from transformers import AutoTokenizer
        >>> from models.warble import WarbleFeatureExtractor, WarbleForConditionalGeneration

        >>> model = WarbleForConditionalGeneration.from_pretrained("path/to/warble")
        >>> feature_extractor = WarbleFeatureExtractor.from_pretrained("path/to/warble")
        >>> tokenizer = AutoTokenizer.from_pretrained("path/to/warble")

        >>> inputs = feature_extractor(waveform, sampling_rate=16000, return_tensors="pt")
        >>> generated_ids = model.generate(**inputs, max_new_tokens=100)
        >>> tokenizer.batch_decode(generated_ids, skip_special_tokens=True)[0]
        ```"""
        return super().forward(**super_kwargs)


class WarbleFeatureExtractor(SequenceFeatureExtractor):
    r"""
    Constructs a Warble feature extractor, which pads waveforms to whole frames. It leaves their
    loudness alone: that of a whole recording is not known before its end.

    Args:
        feature_size (`int`, *optional*, defaults to 1):
            The number of channels.
        sampling_rate (`int`, *optional*, defaults to 16000):
            The sampling rate that the model was trained at, in hertz.
        padding_value (`float`, *optional*, defaults to 0.0):
            The value of the padding.
        samples_per_frame (`int`, *optional*, defaults to 384):
            How many samples make a frame.
    """

    model_input_names = ["input_values", "attention_mask"]

    def __init__(
        self,
        feature_size=1,
        sampling_rate=16000,
        padding_value=0.0,
        samples_per_frame=384,
        **kwargs,
    ):
        super().__init__(
            feature_size=feature_size,
            sampling_rate=sampling_rate,
            padding_value=padding_value,
            **kwargs,
        )
        self.samples_per_frame = samples_per_frame

    def __call__(
        self,
        raw_speech: np.ndarray | list[np.ndarray],
        sampling_rate: int,
        padding: bool | str | PaddingStrategy = True,
        max_length: int | None = None,
        return_tensors: str | TensorType | None = None,
    ) -> BatchFeature:
        """
        Prepares one or several waveforms for the model.

        Args:
            raw_speech (`np.ndarray`, `list[np.ndarray]`):
                The waveforms, each of shape `(audio_length,)`.
            sampling_rate (`int`):
                The sampling rate of the waveforms, in hertz.
            padding (`bool`, `str` or [`~utils.PaddingStrategy`], *optional*, defaults to `True`):
                Whether to pad to the longest waveform, or to `max_length`.
            max_length (`int`, *optional*):
                The length to pad to, in samples.
            return_tensors (`str` or [`~utils.TensorType`], *optional*):
                What to return instead of lists: `"pt"` for torch tensors, `"np"` for numpy arrays.
        """
        if sampling_rate != self.sampling_rate:
            raise ValueError(
                f"The waveforms are sampled at {sampling_rate} Hz, but the model was trained at "
                f"{self.sampling_rate} Hz."
            )
        waveforms = raw_speech if isinstance(raw_speech, (list, tuple)) else [raw_speech]
        waveforms = [np.asarray(waveform, dtype=np.float32) for waveform in waveforms]
        if any(waveform.ndim != 1 for waveform in waveforms):
            raise ValueError("A waveform must be mono, of shape `(audio_length,)`.")

        return self.pad(
            BatchFeature({"input_values": waveforms}),
            padding=padding,
            max_length=max_length,
            pad_to_multiple_of=self.samples_per_frame,
            return_attention_mask=True,
            return_tensors=return_tensors,
        )


__all__ = [
    "WarbleConfig",
    "WarbleFeatureExtractor",
    "WarbleForConditionalGeneration",
    "WarbleModel",
    "WarblePreTrainedModel",
]
