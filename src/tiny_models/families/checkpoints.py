"""What the public checkpoints of a family have in their configs, where class defaults differ.

A class's defaults are often those of no checkpoint: `Qwen2Config()` has as many key/value heads as
heads. A tiny config begins with these values in their place, so that the general rules make the
family's code paths small, not those of the defaults. Values are as in the checkpoint's
`config.json`, full size; only what makes a difference to the code is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Checkpoint:
    """Values of a public checkpoint's config, for one or more model types.

    ``rope_theta`` and ``rope_scaling`` stand as in configs before transformers 5, and become part
    of ``rope_parameters``. A mapping goes into the sub-config of that name. ``source`` is a public
    package that has the numbers of heads and key/value heads and the rotary base of this very
    repository, or for DeepSeek those of experts and of their groups, with which they were compared;
    empty if none was found.
    """

    model_types: tuple[str, ...]
    repository: str
    values: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""


def _attention(heads: int, shared: int, theta: float | None = None, **others: Any) -> Any:
    """Numbers of heads and of key/value heads, the rotary base, and further fields."""
    rope = {} if theta is None else {"rope_theta": theta}
    return {"num_attention_heads": heads, "num_key_value_heads": shared, **rope, **others}


_LLAMA_3 = {
    "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}  # fmt: skip
_DEEPSEEK_YARN = {
    "rope_type": "yarn", "factor": 40.0, "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0,
    "mscale_all_dim": 1.0, "original_max_position_embeddings": 4096,
}  # fmt: skip
_VICUNA = _attention(32, 32, 10_000.0, rope_scaling=None, tie_word_embeddings=False)

_LITGPT = "litgpt 0.5.13, litgpt/config.py"
_BRIDGE = "megatron-bridge 0.3.1, megatron/bridge/models/{}"

CHECKPOINTS: tuple[Checkpoint, ...] = (
    Checkpoint(("apertus",), "swiss-ai/Apertus-8B-2509", _attention(32, 8, 12_000_000.0)),
    Checkpoint(("arcee",), "arcee-ai/AFM-4.5B", _attention(20, 4)),
    Checkpoint(("aria_text",), "rhymes-ai/Aria", _attention(20, 20, 5_000_000.0)),
    Checkpoint(("chameleon",), "facebook/chameleon-7b", _attention(32, 32, 10_000.0)),
    Checkpoint(("cohere",), "CohereForAI/c4ai-command-r-v01",
               _attention(64, 64, 8_000_000.0, tie_word_embeddings=True, logit_scale=0.0625)),
    Checkpoint(("cohere2",), "CohereForAI/c4ai-command-r7b-12-2024",
               _attention(32, 8, 50_000.0, tie_word_embeddings=True, sliding_window=4096)),
    Checkpoint(("deepseek_v2",), "deepseek-ai/DeepSeek-V2",
               {"n_group": 8, "topk_group": 3, "topk_method": "group_limited_greedy",
                "n_routed_experts": 160, "n_shared_experts": 2, "num_experts_per_tok": 6,
                "rope_theta": 10_000.0}, source=_BRIDGE.format("deepseek/deepseek_provider.py")),
    Checkpoint(("deepseek_v3",), "deepseek-ai/DeepSeek-V3",
               {"n_group": 8, "topk_group": 4, "n_routed_experts": 256, "num_experts_per_tok": 8,
                "rope_theta": 10_000.0, "rope_scaling": _DEEPSEEK_YARN},
               source=_BRIDGE.format("deepseek/deepseek_provider.py")),
    Checkpoint(("dots1",), "rednote-hilab/dots.llm1.inst", _attention(32, 32, 10_000_000.0)),
    Checkpoint(("ernie4_5",), "baidu/ERNIE-4.5-0.3B-PT",
               _attention(16, 2, 500_000.0, tie_word_embeddings=True)),
    Checkpoint(("eurobert",), "EuroBERT/EuroBERT-210m", _attention(12, 12, 250_000.0)),
    Checkpoint(("exaone4",), "LGAI-EXAONE/EXAONE-4.0-32B",
               _attention(40, 8, 1_000_000.0, sliding_window=4096, tie_word_embeddings=False)),
    Checkpoint(("gemma",), "google/gemma-2b",
               _attention(8, 1, 10_000.0, tie_word_embeddings=True), source=_LITGPT),
    Checkpoint(("gemma2",), "google/gemma-2-2b",
               _attention(8, 4, 10_000.0, sliding_window=4096, tie_word_embeddings=True),
               source=_LITGPT),
    Checkpoint(("gemma3_text",), "google/gemma-3-1b-it",
               _attention(4, 1, sliding_window=512, tie_word_embeddings=True), source=_LITGPT),
    Checkpoint(("glm4_moe",), "zai-org/GLM-4.5-Air", _attention(96, 8, 1_000_000.0),
               source=_BRIDGE.format("glm/glm45_provider.py")),
    Checkpoint(("granite",), "ibm-granite/granite-3.1-2b-instruct",
               _attention(32, 8, 5_000_000.0, tie_word_embeddings=True, embedding_multiplier=12.0,
                          residual_multiplier=0.22, attention_multiplier=0.015625,
                          logits_scaling=8.0)),
    Checkpoint(("helium",), "kyutai/helium-1-preview-2b", _attention(20, 20, 100_000.0)),
    Checkpoint(("hunyuan_v1_dense",), "tencent/Hunyuan-7B-Instruct", _attention(32, 8)),
    Checkpoint(("llama",), "meta-llama/Llama-3.2-1B-Instruct",
               _attention(32, 8, 500_000.0, rope_scaling=_LLAMA_3, tie_word_embeddings=True),
               source=_LITGPT),
    Checkpoint(("llava", "video_llava", "vipllava"), "llava-hf/llava-1.5-7b-hf",
               {"text_config": _VICUNA}),
    Checkpoint(("llama4_text",), "meta-llama/Llama-4-Scout-17B-16E-Instruct",
               _attention(40, 8, 500_000.0, attention_chunk_size=8192)),
    Checkpoint(("mistral",), "mistralai/Mistral-7B-v0.1",
               _attention(32, 8, 10_000.0, sliding_window=4096, tie_word_embeddings=False),
               source=_LITGPT),
    Checkpoint(("mixtral",), "mistralai/Mixtral-8x7B-v0.1",
               _attention(32, 8, 1_000_000.0, tie_word_embeddings=False), source=_LITGPT),
    Checkpoint(("nanochat",), "karpathy/nanochat-d32", _attention(16, 16, 10_000.0)),
    Checkpoint(("nemotron",), "nvidia/Minitron-4B-Base",
               _attention(24, 8, 10_000.0, tie_word_embeddings=False)),
    Checkpoint(("olmo",), "allenai/OLMo-1B-hf",
               _attention(16, 16, 10_000.0, tie_word_embeddings=True), source=_LITGPT),
    Checkpoint(("olmo2",), "allenai/OLMo-2-1124-7B", _attention(32, 32, 500_000.0), source=_LITGPT),
    Checkpoint(("olmo3",), "allenai/Olmo-3-7B-Instruct",
               _attention(32, 32, 500_000.0, sliding_window=4096)),
    Checkpoint(("olmoe",), "allenai/OLMoE-1B-7B-0924", _attention(16, 16, 10_000.0)),
    Checkpoint(("phi",), "microsoft/phi-2",
               _attention(32, 32, 10_000.0, tie_word_embeddings=False), source=_LITGPT),
    Checkpoint(("phi3",), "microsoft/Phi-3-mini-4k-instruct",
               _attention(32, 32, 10_000.0, sliding_window=2047, tie_word_embeddings=False),
               source=_LITGPT),
    Checkpoint(("qwen2",), "Qwen/Qwen2.5-0.5B-Instruct",
               _attention(14, 2, 1_000_000.0, tie_word_embeddings=True), source=_LITGPT),
    Checkpoint(("qwen2_5_omni_text",), "Qwen/Qwen2.5-Omni-7B", _attention(28, 4, 1_000_000.0)),
    Checkpoint(("qwen2_5_vl_text",), "Qwen/Qwen2.5-VL-3B-Instruct",
               _attention(16, 2, 1_000_000.0)),
    Checkpoint(("qwen2_moe",), "Qwen/Qwen1.5-MoE-A2.7B",
               _attention(16, 16, 1_000_000.0, tie_word_embeddings=False)),
    Checkpoint(("qwen2_vl_text",), "Qwen/Qwen2-VL-2B-Instruct", _attention(12, 2, 1_000_000.0)),
    Checkpoint(("qwen3",), "Qwen/Qwen3-0.6B",
               _attention(16, 8, 1_000_000.0, tie_word_embeddings=True), source=_LITGPT),
    Checkpoint(("qwen3_moe",), "Qwen/Qwen3-30B-A3B",
               _attention(32, 4, 1_000_000.0, norm_topk_prob=True, tie_word_embeddings=False),
               source=_LITGPT),
    Checkpoint(("qwen3_next",), "Qwen/Qwen3-Next-80B-A3B-Instruct",
               _attention(16, 2, 10_000_000.0),
               source=_BRIDGE.format("qwen/qwen_provider.py")),
    Checkpoint(("qwen3_vl_moe_text",), "Qwen/Qwen3-VL-30B-A3B-Instruct",
               _attention(32, 4, 5_000_000.0)),
    Checkpoint(("qwen3_vl_text",), "Qwen/Qwen3-VL-4B-Instruct", _attention(32, 8, 5_000_000.0)),
    Checkpoint(("recurrent_gemma",), "google/recurrentgemma-2b", _attention(10, 1)),
    Checkpoint(("seed_oss",), "ByteDance-Seed/Seed-OSS-36B-Instruct",
               _attention(80, 8, 10_000_000.0)),
    Checkpoint(("smolvlm",), "HuggingFaceTB/SmolVLM-256M-Instruct",
               {"text_config": _attention(9, 3, 100_000.0, rope_scaling=None,
                                          tie_word_embeddings=False)}),
    Checkpoint(("stablelm",), "stabilityai/stablelm-3b-4e1t", _attention(32, 32, 10_000.0),
               source=_LITGPT),
    Checkpoint(("starcoder2",), "bigcode/starcoder2-3b",
               _attention(24, 2, 999_999.4420358813, sliding_window=4096,
                          tie_word_embeddings=True)),
    Checkpoint(("zamba",), "Zyphra/Zamba-7B-v1", _attention(16, 16)),
    Checkpoint(("zamba2",), "Zyphra/Zamba2-1.2B", _attention(32, 32)),
)  # fmt: skip

_BY_TYPE = {
    model_type: checkpoint for checkpoint in CHECKPOINTS for model_type in checkpoint.model_types
}


def checkpoint_of(model_type: str) -> Checkpoint | None:
    """The public checkpoint that the tiny configs of a model type follow, if one is listed."""
    return _BY_TYPE.get(model_type)
