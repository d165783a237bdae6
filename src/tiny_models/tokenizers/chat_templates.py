"""Chat templates: one body, and for each family how its turns are marked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

Turn = tuple[str, str]


@dataclass(frozen=True)
class ChatStyle:
    """How a family writes a conversation.

    ``turns`` has each role's opening and closing text. ``special_tokens`` are the tokens that the
    family's models have by name, in place of its tokenizer class's defaults; ``markers`` the
    further tokens that the text uses, and ``plain_tokens`` those that a reader of the output
    sees. ``tool_call`` and ``tool_result`` stand around each call and result, ``thinking`` around
    what the model thinks; earlier turns lose it. ``system_in_user``: the system's text begins the
    first turn of the user.
    """

    name: str
    turns: Mapping[str, Turn]
    opening: str = ""
    special_tokens: Mapping[str, str] = field(default_factory=dict)
    markers: tuple[str, ...] = ()
    plain_tokens: tuple[str, ...] = ()
    supports_tools: bool = False
    tool_call: Turn = ("<tool_call>\n", "\n</tool_call>")
    tool_result: Turn = ("", "")
    thinking: Turn | None = None
    system_in_user: bool = False
    body: str = "body"


def _turns(opening: str, closing: str, **names: str) -> dict[str, Turn]:
    roles = {"system": "system", "user": "user", "assistant": "assistant", "tool": "tool"}
    return {role: (opening.format(role=name), closing) for role, name in {**roles, **names}.items()}


_CHATML = ChatStyle(
    name="chatml",
    turns={
        **_turns("<|im_start|>{role}\n", "<|im_end|>\n"),
        "tool": ("<|im_start|>user", "<|im_end|>\n"),
    },
    special_tokens={"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
    markers=("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    plain_tokens=("<tool_call>", "</tool_call>"),
    supports_tools=True,
    tool_result=("\n<tool_response>\n", "\n</tool_response>"),
)

STYLES = {
    style.name: style
    for style in (
        _CHATML,
        replace(
            _CHATML,
            name="chatml-thinking",
            plain_tokens=(
                *_CHATML.plain_tokens,
                *("<tool_response>", "</tool_response>", "<think>", "</think>"),
            ),
            thinking=("<think>\n", "\n</think>\n\n"),
        ),
        ChatStyle(
            name="harmony",
            turns={
                "system": ("<|start|>developer<|message|>", "<|end|>"),
                "developer": ("<|start|>developer<|message|>", "<|end|>"),
                "user": ("<|start|>user<|message|>", "<|end|>"),
                "assistant": ("<|start|>assistant", "<|return|>"),
                "tool": ("<|start|>functions.", "<|end|>"),
            },
            special_tokens={
                "bos_token": "<|startoftext|>",
                "eos_token": "<|return|>",
                "pad_token": "<|endoftext|>",
            },
            markers=(
                *("<|startoftext|>", "<|endoftext|>", "<|return|>", "<|constrain|>"),
                *("<|channel|>", "<|start|>", "<|end|>", "<|message|>", "<|call|>"),
                "<|endofprompt|>",
            ),
            supports_tools=True,
            body="harmony",
        ),
        ChatStyle(
            name="llama3",
            opening="<|begin_of_text|>",
            turns=_turns("<|start_header_id|>{role}<|end_header_id|>\n\n", "<|eot_id|>"),
            special_tokens={
                "bos_token": "<|begin_of_text|>",
                "eos_token": "<|eot_id|>",
                "pad_token": "<|finetune_right_pad_id|>",
            },
            markers=(
                "<|begin_of_text|>",
                "<|end_of_text|>",
                "<|start_header_id|>",
                "<|end_header_id|>",
                "<|eot_id|>",
            ),
            supports_tools=True,
        ),
        ChatStyle(
            name="instruction",
            opening="<s>",
            turns={
                "system": ("[INST] ", "\n\n[/INST]"),
                "user": ("[INST] ", " [/INST]"),
                "assistant": (" ", "</s>"),
                "tool": ("[TOOL_RESULTS] ", " [/TOOL_RESULTS]"),
            },
            special_tokens={"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"},
            markers=("[INST]", "[/INST]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
            supports_tools=True,
            tool_call=("[TOOL_CALLS] ", ""),
        ),
        ChatStyle(
            name="gemma",
            opening="<bos>",
            turns=_turns("<start_of_turn>{role}\n", "<end_of_turn>\n", assistant="model"),
            system_in_user=True,
            special_tokens={
                "bos_token": "<bos>",
                "eos_token": "<end_of_turn>",
                "pad_token": "<pad>",
                "unk_token": "<unk>",
            },
            markers=("<start_of_turn>", "<end_of_turn>"),
        ),
        ChatStyle(
            name="phi",
            turns=_turns("<|{role}|>\n", "<|end|>\n"),
            special_tokens={
                "bos_token": "<s>",
                "eos_token": "<|end|>",
                "pad_token": "<|endoftext|>",
            },
            markers=("<|endoftext|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"),
        ),
        ChatStyle(
            name="cohere",
            opening="<BOS_TOKEN>",
            turns=_turns(
                "<|START_OF_TURN_TOKEN|><|{role}_TOKEN|>",
                "<|END_OF_TURN_TOKEN|>",
                system="SYSTEM",
                user="USER",
                assistant="CHATBOT",
                tool="SYSTEM",
            ),
            special_tokens={
                "bos_token": "<BOS_TOKEN>",
                "eos_token": "<|END_OF_TURN_TOKEN|>",
                "pad_token": "<PAD>",
            },
            markers=(
                "<|START_OF_TURN_TOKEN|>",
                "<|END_OF_TURN_TOKEN|>",
                "<|SYSTEM_TOKEN|>",
                "<|USER_TOKEN|>",
                "<|CHATBOT_TOKEN|>",
            ),
            supports_tools=True,
        ),
        ChatStyle(
            name="glm",
            opening="[gMASK]<sop>",
            turns={
                "system": ("<|system|>\n", ""),
                "user": ("<|user|>\n", ""),
                "assistant": ("<|assistant|>\n", "<|endoftext|>"),
                "tool": ("<|observation|>\n", ""),
            },
            special_tokens={"eos_token": "<|endoftext|>", "pad_token": "<|endoftext|>"},
            markers=(
                "<|endoftext|>",
                "[gMASK]",
                "<sop>",
                "<|system|>",
                "<|user|>",
                "<|assistant|>",
                "<|observation|>",
            ),
            supports_tools=True,
        ),
        ChatStyle(
            name="granite",
            turns=_turns("<|start_of_role|>{role}<|end_of_role|>", "<|end_of_text|>\n"),
            special_tokens={"eos_token": "<|end_of_text|>", "pad_token": "<|pad|>"},
            markers=("<|end_of_text|>", "<|start_of_role|>", "<|end_of_role|>"),
            supports_tools=True,
        ),
        ChatStyle(
            name="deepseek",
            opening="<｜begin▁of▁sentence｜>",
            turns={
                "system": ("", ""),
                "user": ("<｜User｜>", ""),
                "assistant": ("<｜Assistant｜>", "<｜end▁of▁sentence｜>"),
                "tool": ("<｜tool▁output▁begin｜>", "<｜tool▁output▁end｜>"),
            },
            special_tokens={
                "bos_token": "<｜begin▁of▁sentence｜>",
                "eos_token": "<｜end▁of▁sentence｜>",
                "pad_token": "<｜▁pad▁｜>",
            },
            markers=(
                "<｜User｜>",
                "<｜Assistant｜>",
                "<｜tool▁output▁begin｜>",
                "<｜tool▁output▁end｜>",
            ),
            supports_tools=True,
        ),
    )
}

# By model type; the first that matches. Whatever matches none is written as ChatML.
_STYLE_OF_TYPE = (
    (r"llama4?|llama4?_text|mllama|mllama_text_model|smollm3|cwm|apertus|nanochat", "llama3"),
    (r"(mi[ns]tral|mixtral|pixtral|voxtral|ministral).*", "instruction"),
    (r"llava|vipllava|llava_next|video_llava|idefics.*|code_llama", "instruction"),
    (r".*gemma.*|zaya", "gemma"),
    (r"phi.*", "phi"),
    (r"cohere.*|aya_vision", "cohere"),
    (r"glm(?!_image|asr).*", "glm"),
    (r"granite.*", "granite"),
    (r"deepseek.*", "deepseek"),
    (r"gpt_oss.*", "harmony"),
    (r"qwen3(_moe|_next|_5.*)?", "chatml-thinking"),
)


def style_of(model_type: str) -> ChatStyle:
    """The style in which the family of a model type writes conversations."""
    for pattern, name in _STYLE_OF_TYPE:
        if re.fullmatch(pattern, model_type):
            return STYLES[name]
    return _CHATML


def placeholders(model_type: str, named_tokens: Mapping[str, str]) -> dict[str, str]:
    """What a conversation has for an image, a video or a sound, for the processor to expand.

    ``named_tokens`` are the texts of the tokenizer's tokens by attribute.
    """
    text_by_kind: dict[str, str] = {}
    for kind in ("image", "video", "audio"):
        inner = next((named_tokens[name] for name in _INNER[kind] if name in named_tokens), None)
        if inner is None:
            continue
        if kind == "image" and re.fullmatch(_IMAGE_BY_ITS_START, model_type):
            text_by_kind[kind] = named_tokens["boi_token"]
            continue
        around = ("", "")
        for types, kinds, start, end in _AROUND:
            if kind in kinds and re.fullmatch(types, model_type) and start in named_tokens:
                around = (named_tokens[start], named_tokens[end])
                break
        text_by_kind[kind] = around[0] + inner + around[1]
    return text_by_kind


# The attributes of the token that the processor looks for, most specific first.
_INNER: Mapping[str, tuple[str, ...]] = {
    "image": ("image_placeholder_token", "image_token", "context_image_token"),
    "video": ("video_token",),
    "audio": ("audio_token",),
}
# These processors put the image's tokens after the token that begins an image.
_IMAGE_BY_ITS_START = r"gemma3|shieldgemma2"
# Families whose models look for the tokens around an image; other processors add theirs.
_AROUND = (
    (r".*", ("image", "video"), "vision_start_token", "vision_end_token"),
    (r".*", ("image", "video"), "vision_bos_token", "vision_eos_token"),
    (r"glm.*|ernie.*|hunyuan.*|paddleocr.*", ("image",), "image_start_token", "image_end_token"),
    (r"glm.*|ernie.*", ("video",), "video_start_token", "video_end_token"),
    (r"qwen.*", ("audio",), "audio_bos_token", "audio_eos_token"),
)


def template_text(style: ChatStyle, media: Mapping[str, str]) -> str:
    """The Jinja text; ``media`` has what stands for a part of each type, such as an image."""
    settings = {
        "opening": style.opening,
        "turns": {role: list(turn) for role, turn in style.turns.items()},
        "supports_tools": style.supports_tools,
        "tool_call": list(style.tool_call),
        "tool_result": list(style.tool_result),
        "thinking": list(style.thinking or ()),
        "system_in_user": style.system_in_user,
        "media": dict(sorted(media.items())),
    }
    header = "".join(
        # JSON is a subset of Jinja's expressions, but for the names of the constants.
        "{%- set " + name + " = " + json.dumps(value, ensure_ascii=False) + " %}\n"
        for name, value in settings.items()
    )
    return header + _body(style.body)


@cache
def _body(name: str) -> str:
    return (Path(__file__).parent / "chat" / f"{name}.jinja").read_text(encoding="utf-8")
