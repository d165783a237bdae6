"""What processor classes need beside the general rules, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ProcessorEntry:
    """A departure from the general rules; whatever is unset follows them.

    An entry is found by the class that joins the parts, or without one by the image processor's.
    ``tokenizers`` are the model types of further tokenizers, by role; ``classes`` are parts'
    classes by role, where the library maps none; ``settings`` are parameters by role.
    ``extra_image_tokens`` says that the image processor counts the tokens of an image, and
    how many there are beside its patches. ``parts_only`` says why the class itself cannot
    be made, so that its parts are written without it.
    """

    reason: str
    tokenizers: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    extra_image_tokens: int | None = None
    parts_only: str = ""


_READS_NO_TEXT = ProcessorEntry(
    "reading the text in an image needs a program that is no Python package",
    settings={"image_processor": {"apply_ocr": False}},
)

_COUNTS_TOKENS = ProcessorEntry(
    "its image processor counts the tokens of an image", extra_image_tokens=0
)

ENTRIES: Mapping[str, ProcessorEntry] = {
    "ClapProcessor": ProcessorEntry(
        "by default it joins four views of a sound, for models that fuse them",
        settings={"feature_extractor": {"truncation": "rand_trunc"}},
    ),
    "LayoutLMv2Processor": _READS_NO_TEXT,
    "LayoutLMv3Processor": _READS_NO_TEXT,
    "LayoutXLMProcessor": _READS_NO_TEXT,
    "UdopProcessor": _READS_NO_TEXT,
    "InstructBlipProcessor": ProcessorEntry(
        "its Q-Former reads the text with BERT's tokenizer",
        tokenizers={"qformer_tokenizer": "bert"},
    ),
    "InstructBlipVideoProcessor": ProcessorEntry(
        "its Q-Former reads the text with BERT's tokenizer",
        tokenizers={"qformer_tokenizer": "bert"},
    ),
    "EvollaProcessor": ProcessorEntry(
        "proteins have a tokenizer of their own", tokenizers={"protein_tokenizer": "esm"}
    ),
    "ColModernVBertProcessor": ProcessorEntry(
        "the type has no image processor of its own",
        classes={"image_processor": "Idefics3ImageProcessor"},
    ),
    "Idefics3Processor": ProcessorEntry(
        "types that share it have no image processor of their own",
        classes={"image_processor": "Idefics3ImageProcessor"},
    ),
    "MoonshineStreamingProcessor": ProcessorEntry(
        "the type has no feature extractor of its own",
        classes={"feature_extractor": "Wav2Vec2FeatureExtractor"},
    ),
    "MusicFlamingoProcessor": ProcessorEntry(
        "the type has no feature extractor of its own",
        classes={"feature_extractor": "WhisperFeatureExtractor"},
    ),
    "MarkupLMProcessor": ProcessorEntry(
        "what reads the HTML is mapped for no type",
        classes={"feature_extractor": "MarkupLMFeatureExtractor"},
    ),
    "VisionTextDualEncoderProcessor": ProcessorEntry(
        "any image processor will do", classes={"image_processor": "ViTImageProcessor"}
    ),
    "DiaProcessor": ProcessorEntry(
        "its codec is a model",
        parts_only="loads a codec's model from a repository of its own",
    ),
    "HiggsAudioV2Processor": ProcessorEntry(
        "its codec is a model",
        classes={"feature_extractor": "DacFeatureExtractor"},
        parts_only="loads a codec's model from a repository of its own",
    ),
    "VoxtralRealtimeProcessor": ProcessorEntry(
        "it takes no tokenizer but one of mistral-common",
        parts_only="takes only a tokenizer of mistral-common, which reads a file of its repository",
    ),
    "MgpstrProcessor": ProcessorEntry(
        "it has two tokenizers that it does not keep",
        parts_only="loads the tokenizers of GPT-2 and BERT from the hub whenever it is made",
    ),
    "PerceptionLMProcessor": ProcessorEntry(
        "its config has the patches inside the name of a timm model",
        settings={"processor": {"patch_size": 14}},
    ),
    "AriaProcessor": ProcessorEntry(
        "it makes pictures of 980 pixels, whatever its parts' settings",
        settings={"processor": {"size_conversion": {980: 4}}},
    ),
    "DeepseekOcr2Processor": ProcessorEntry(
        "its model has 144 queries, one per token of 768 pixels each way, whatever its config",
        settings={
            "image_processor": {"size": {"height": 768, "width": 768}, "tile_size": 768},
        },
    ),
    "EomtImageProcessor": ProcessorEntry(
        "its model has positions for one size, to which pictures are padded",
        settings={"image_processor": {"do_pad": True}},
    ),
    "Cohere2VisionProcessor": ProcessorEntry(
        "calls patches the tokens of a tile along an edge, which its config does not have",
        settings={"image_processor": {"patch_size": 16}},
    ),
    "ColPaliProcessor": _COUNTS_TOKENS,
    "PaliGemmaProcessor": _COUNTS_TOKENS,
    "Florence2Processor": ProcessorEntry(
        "its image processor counts the tokens of an image; one is their mean",
        extra_image_tokens=1,
    ),
    "Ernie4_5_VLMoeProcessor": ProcessorEntry(
        "the times that it draws on frames need a font's file",
        settings={"video_processor": {"draw_on_frames": False}},
    ),
    "NemotronH_Omni_Reasoning_V3Processor": ProcessorEntry(
        "the type has no feature extractor of its own",
        classes={"feature_extractor": "ParakeetFeatureExtractor"},
    ),
    "Sam3VideoProcessor": ProcessorEntry(
        "the type has no video processor of its own",
        classes={"video_processor": "Sam2VideoVideoProcessor"},
    ),
    "Sam3TrackerVideoProcessor": ProcessorEntry(
        "the type has no video processor of its own",
        classes={"video_processor": "Sam2VideoVideoProcessor"},
    ),
}

# Parts that need no file of their own.
WITHOUT_FILES: Mapping[str, str] = {
    "TimmWrapperImageProcessor": "takes its settings from the model's own config.json",
}
