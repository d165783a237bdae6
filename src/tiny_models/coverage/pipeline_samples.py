"""What each task of transformers' pipelines is tried on: a fixture's class, and sample inputs."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tiny_models.core.errors import MissingRequirement
from toolkit.scratch_directory import scratch_directory

_RATE = 16_000
Call = Callable[[Any], Any]


@dataclass(frozen=True)
class Sample:
    """A class, and how its pipeline is called; ``settings`` makes more arguments for its making."""

    task: str
    architecture: str
    call: Call
    subject: str = ""
    settings: Callable[[], Mapping[str, Any]] = dict


def _picture() -> Any:
    from PIL import Image

    return Image.linear_gradient("L").convert("RGB").resize((96, 64))


def _sound() -> Any:
    import numpy as np

    times = np.arange(_RATE) / _RATE
    return np.sin(2 * np.pi * 440 * times).astype(np.float32)


def _heard() -> dict[str, Any]:
    return {"raw": _sound(), "sampling_rate": _RATE}


def _chat(*parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [*parts, {"type": "text", "text": "What is this?"}]}]


def _text(pipe: Any) -> Any:
    return pipe("the model reads a text")


def _asked_about_picture(pipe: Any) -> Any:
    return pipe(_picture(), candidate_labels=["a cat", "a dog"])


def _seen(pipe: Any) -> Any:
    return pipe(_picture())


def _spoken(pipe: Any) -> Any:
    return pipe("the model", forward_params={"speaker_embeddings": _voice(pipe)})


def _voice(pipe: Any) -> Any:
    import torch

    return torch.ones(1, pipe.model.config.speaker_embedding_dim)


def _vocoder() -> Mapping[str, Any]:
    import transformers

    from tiny_models.config.shrink import shrink_class
    from tiny_models.weights.model import build_model

    # As many bands as the model of the sample writes, which the vocoder's own rules make fewer.
    bands = transformers.SpeechT5Config().num_mel_bins
    config = shrink_class(transformers.SpeechT5HifiGanConfig, overrides={"model_in_dim": bands})
    return {"vocoder": build_model(transformers.SpeechT5HifiGan, config, seed=0)}


def _said(pipe: Any) -> Any:
    return pipe("the model", generate_kwargs={"max_new_tokens": 8})


def _answered(pipe: Any) -> Any:
    return pipe([{"role": "user", "content": "the question"}], max_new_tokens=4)


def _shown(pipe: Any) -> Any:
    return pipe(text=_chat({"type": "image", "image": _picture()}), max_new_tokens=4)


def _in_table(pipe: Any) -> Any:
    return pipe(table={"name": ["a", "b"], "number": ["1", "2"]}, query="the number of a")


def _on_page(pipe: Any) -> Any:
    words = [("the", [0, 0, 100, 100]), ("model", [100, 0, 200, 100])]
    return pipe(_picture(), "the question", word_boxes=words)


def _labelled(pipe: Any) -> Any:
    return pipe("the model reads", candidate_labels=["a text", "a picture"])


def _heard_and_labelled(pipe: Any) -> Any:
    return pipe(_sound(), candidate_labels=["a dog", "a bell"])


def _masked(pipe: Any) -> Any:
    return pipe(f"the model {pipe.tokenizer.mask_token} a text")


def _compared(pipe: Any) -> Any:
    return pipe([_picture(), _picture().rotate(90)], threshold=0.0)


def _decided(pipe: Any) -> Any:
    # Its labels are single letters, which every tokenizer has as tokens, not so Yes and No.
    question = {"type": "choice", "instructions": "What?", "criteria": {"text": "a", "sound": "b"}}
    return pipe({"state": "the model reads", "questions": {"kind": question}})


def _plain_decisions() -> Mapping[str, Any]:
    from transformers.decision import DecisionConfig

    return {"decision_config": DecisionConfig()}


def _filmed(pipe: Any) -> Any:
    """Writes a film of a second, which the pipeline reads by the same package."""
    if importlib.util.find_spec("av") is None:
        raise MissingRequirement("a film", ["av"])
    av: Any = importlib.import_module("av")
    with scratch_directory("tiny-models-pipeline-") as directory:
        path = str(directory / "film.mp4")
        with av.open(path, "w") as film:
            stream = film.add_stream("mpeg4", rate=16)
            stream.width, stream.height = 96, 64
            for _ in range(16):
                film.mux(stream.encode(av.VideoFrame.from_image(_picture())))
            film.mux(stream.encode())
        return pipe(path)


SAMPLES: tuple[Sample, ...] = (
    Sample("audio-classification", "Wav2Vec2ForSequenceClassification", lambda p: p(_heard())),
    Sample("automatic-speech-recognition", "Wav2Vec2ForCTC", lambda p: p(_heard())),
    Sample("automatic-speech-recognition", "WhisperForConditionalGeneration",
           lambda p: p(_heard(), generate_kwargs={"language": "en", "max_new_tokens": 8}),
           subject="a language"),
    Sample("automatic-speech-recognition", "WhisperForConditionalGeneration",
           lambda p: p(_heard(), return_timestamps=True, generate_kwargs={"max_new_tokens": 8}),
           subject="timestamps"),
    Sample("text-to-audio", "VitsModel", _text),
    Sample("text-to-audio", "MusicgenForConditionalGeneration", _said),
    Sample("text-to-audio", "SpeechT5ForTextToSpeech", _spoken,
           settings=_vocoder),
    Sample("feature-extraction", "BertModel", _text),
    Sample("text-classification", "DistilBertForSequenceClassification",
           lambda p: p("the model reads " * 200, truncation=True), subject="a long text"),
    Sample("token-classification", "BertForTokenClassification", _text),
    Sample("table-question-answering", "TapasForQuestionAnswering", _in_table),
    Sample("document-question-answering", "LayoutLMForQuestionAnswering", _on_page),
    Sample("fill-mask", "RobertaForMaskedLM", _masked),
    Sample("text-generation", "Qwen2ForCausalLM", _answered, subject="a conversation"),
    Sample("zero-shot-classification", "BartForSequenceClassification", _labelled),
    Sample("zero-shot-image-classification", "CLIPModel", _asked_about_picture),
    Sample("zero-shot-audio-classification", "ClapModel", _heard_and_labelled),
    Sample("image-classification", "ViTForImageClassification", _seen),
    Sample("image-feature-extraction", "ViTModel", _seen),
    Sample("image-segmentation", "DetrForSegmentation", _seen),
    Sample("image-segmentation", "SegformerForSemanticSegmentation", _seen),
    Sample("image-text-to-text", "LlavaForConditionalGeneration", _shown),
    Sample("object-detection", "DetrForObjectDetection", lambda p: p(_picture(), threshold=0.0)),
    Sample("zero-shot-object-detection", "OwlViTForObjectDetection", _asked_about_picture),
    Sample("decision", "Qwen3ForCausalLM", _decided, settings=_plain_decisions),
    Sample("depth-estimation", "DPTForDepthEstimation", _seen),
    Sample("video-classification", "VideoMAEForVideoClassification", _filmed),
    Sample("mask-generation", "SamModel", lambda p: p(_picture(), points_per_batch=16)),
    Sample("keypoint-matching", "SuperGlueForKeypointMatching", _compared),
    Sample("any-to-any", "Gemma3ForConditionalGeneration", _shown),
)  # fmt: skip
