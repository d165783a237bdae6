"""What kinds of input a model class takes besides text, and which of them it was given.

Derived from the names of the parameters of ``forward``, never from a list of classes. A class takes
a kind if at least one parameter holds inputs of that kind as a processor makes them: pictures,
patches, regions, spectrograms, waveforms, codes. States of another model (``encoder_outputs``,
``image_embeds``), masks, sizes and labels do not count.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any

TEXT = "text"
IMAGE = "image"
VIDEO = "video"
AUDIO = "audio"

_KINDS = (
    (VIDEO, re.compile(r"pixel_values_videos|inference_session")),
    (IMAGE, re.compile(r"(\w+_)?pixel_values(_images)?|flattened_patches|image_patches"
                       r"|visual_(feats|embeds)")),
    (AUDIO, re.compile(r"(audio_)?input_(features|values)|audio_(mel|codes|input_ids)"
                       r"|audio_(prompt_)?latents")),
    (TEXT, re.compile(r"(decoder_)?input_ids")),
)  # fmt: skip


def taken(model_class: Any) -> frozenset[str]:
    """The kinds of input that a class's ``forward`` names."""
    return kinds_of(model_class, inspect.signature(model_class.forward).parameters)


def kinds_of(model_class: Any, parameters: Iterable[str]) -> frozenset[str]:
    """The kinds of input that these parameters of a class's ``forward`` hold."""
    kinds = {kind_of(parameter) for parameter in parameters} - {None}
    if IMAGE in kinds and _reads_videos_alone(model_class):
        kinds = kinds - {IMAGE} | {VIDEO}
    return frozenset(kind for kind in kinds if kind is not None)


def left_out(model_class: Any, given: Iterable[str]) -> tuple[str, ...]:
    """The kinds besides text that ``forward`` names and of which ``given`` has nothing, sorted.

    Text may stay away: a speech model that also reads text reads one of the two.
    """
    return tuple(sorted(taken(model_class) - kinds_of(model_class, given) - {TEXT}))


def joined(kinds: Iterable[str]) -> str:
    """Kinds as one word, sorted: ``image+text``."""
    return "+".join(sorted(kinds))


def kind_of(parameter: str) -> str | None:
    """The kind of input that a parameter of ``forward`` holds; None if it is none itself."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(parameter)), None)


def _reads_videos_alone(model_class: Any) -> bool:
    """Whether ``pixel_values`` are frames, by the class's own word."""
    own = getattr(model_class, "input_modalities", None) or ()
    own = (own,) if isinstance(own, str) else own
    return VIDEO in own and IMAGE not in own
