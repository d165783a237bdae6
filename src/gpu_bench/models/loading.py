"""Loads what a request names: a model in eval mode on its device, and its prompts."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_bench.core.errors import MissingPackage
from gpu_bench.models import checkpoint, quantization
from gpu_bench.models.architectures import class_for, class_of_module, model_and_config
from gpu_bench.models.prompt import seeded_prompts, special_ids, text_prompts
from gpu_bench.models.random_weights import dtype_keyword, random_model
from gpu_bench.models.tensor_parallel import check_shares, no_plan, shared
from gpu_bench.request.fields import Request
from toolkit import json_text
from toolkit.checkpoint import CONFIG, no_unpickling
from toolkit.errors import InputError, ToolError
from toolkit.input_file import read_text

_FLASH_PACKAGES = {
    "flash_attention_2": "flash_attn",
    "flash_attention_3": "flash_attn_interface",
    "flash_attention_4": "flash_attn",
}


@dataclass(frozen=True)
class Loaded:
    """A model ready to generate.

    ``pad_token_id`` is never needed, as all rows are of one length; `generate` asks for one all the
    same. ``assistant`` proposes tokens, if the request has one.
    """

    model: Any
    tokenizer: Any | None
    pad_token_id: int
    assistant: Any | None = None


def load(request: Request, device: Any) -> Loaded:
    """The model that a request names, with gradients off.

    Raises InputError for names and shapes that cannot be, MissingPackage for what is not
    installed; what else the model's code raises is left to the caller.
    """
    import torch

    torch.set_grad_enabled(False)
    _check_packages(request)
    _choose_sdpa(request)
    model, tokenizer = _load(request, device)
    assistant = None
    if request.assistant is not None:
        assistant = _assistant(request, model, tokenizer, device)
    return Loaded(model, tokenizer, _padding(model, tokenizer), assistant)


def _load(request: Request, device: Any) -> tuple[Any, Any | None]:
    """The model and its tokenizer, if it has one."""
    if request.model.has_random_weights:
        model_class, config = model_and_config(request)
        _check_length(config, request)
        check_shares(config, request)
        model = _supported(request, random_model, model_class, config, request, device)
        tokenizer = None
    else:
        model, tokenizer = _read(request, device)
    if request.kernelize:
        _kernelize(model)
    _check_attention(model, request)
    model.requires_grad_(False)
    return model, tokenizer


def _assistant(request: Request, model: Any, tokenizer: Any | None, device: Any) -> Any:
    """The assistant, loaded as the model is. Its token ids must mean what the model's do."""
    assert request.assistant is not None
    alone = dataclasses.replace(
        request,
        model=request.assistant,
        config=request.assistant_config,
        quantization_config=None,
        assistant=None,
    )
    try:
        assistant, own_tokenizer = _load(alone, device)
    except ToolError as problem:
        problem.message = f"the assistant: {problem.message}"
        raise
    sizes = [int(text_config(loaded.config).vocab_size) for loaded in (assistant, model)]
    same_words = sizes[0] == sizes[1] and (
        tokenizer is None
        or own_tokenizer is None
        or own_tokenizer.get_vocab() == tokenizer.get_vocab()
    )
    if not same_words:
        raise InputError(
            f"the assistant {request.assistant} has another vocabulary than {request.model}: "
            f"{sizes[0]} tokens beside {sizes[1]}",
            hint="choose an assistant of the model's family, with the same tokenizer",
        )
    return assistant


def prompts(request: Request, loaded: Loaded) -> list[list[int]]:
    """The rows of token ids that every run of the request begins with."""
    tokenizer: Any = loaded.tokenizer
    if tokenizer is not None:
        return text_prompts(
            lambda text: list(tokenizer(text)["input_ids"]),
            request.batch_size,
            request.sequence_length,
        )
    config = loaded.model.config
    return seeded_prompts(
        int(text_config(config).vocab_size),
        special_ids(config.to_dict()),
        request.seed,
        request.batch_size,
        request.sequence_length,
    )


def text_config(config: Any) -> Any:
    """The config of the text decoder, which may be the config itself."""
    return config.get_text_config(decoder=True)


def _read(request: Request, device: Any) -> tuple[Any, Any]:
    import torch
    from transformers.utils import cached_file

    source = request.model
    options: dict[str, Any]
    where: str
    if source.checkpoint is not None:
        checkpoint.check_local(Path(source.checkpoint))
        where, options = source.checkpoint, {"local_files_only": True}
    else:
        where, options = str(source.repo_id), {"revision": source.revision}

        def fetch(name: str) -> str | None:
            path: str | None = cached_file(
                where, name, _raise_exceptions_for_missing_entries=False, **options
            )
            return path

        checkpoint.check_downloaded(fetch)
    with no_unpickling():
        if source.module is not None:
            model_class = class_of_module(source, source.architecture or _named(Path(where)))
            config = model_class.config_class.from_pretrained(where, **options)
        else:
            config = _known_config(where, options)
            named = (getattr(config, "architectures", None) or [None])[0]
            model_class = class_for(config, source.architecture or named)
        _check_length(config, request)
        check_shares(config, request)
        quantized = quantization.options(request, device)
        method = quantization.named(config)
        model = _supported(
            request,
            quantization.supported(request, model_class.from_pretrained),
            where,
            # Other formats run code when they are read.
            use_safetensors=True,
            config=config,
            attn_implementation=request.attn_implementation,
            **{dtype_keyword(config): getattr(torch, request.dtype)},
            **quantized,
            **shared(request),
            **options,
        )
        tokenizer = _tokenizer(where, options)
    quantization.check_used(request, method, model)
    # Quantised weights are placed as they are read, and some cannot be moved; so are shares.
    is_placed = quantized or request.ranks > 1
    return (model if is_placed else model.to(device)).eval(), tokenizer


def _known_config(where: str, options: dict[str, Any]) -> Any:
    """The config by a class of the library: a checkpoint's own code is not run."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(where, trust_remote_code=False, **options)
    except ValueError as error:
        if "trust_remote_code" not in str(error):
            raise
        raise InputError(
            f"{where} needs code of its own, which is not run",
            hint="name the module of its class in `model.module`, beside `model.checkpoint`",
        ) from error


def _named(directory: Path) -> str | None:
    """The class that a checkpoint's config names."""
    path = directory / CONFIG
    named = json_text.parse(read_text(path), str(path)).get("architectures")
    return named[0] if named else None


def _tokenizer(where: str, options: dict[str, Any]) -> Any | None:
    from transformers import AutoTokenizer

    if "local_files_only" in options and not any(
        (Path(where) / name).is_file()
        for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")
    ):
        return None
    tokenizer = AutoTokenizer.from_pretrained(where, trust_remote_code=False, **options)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def _supported(request: Request, make: Any, *arguments: Any, **options: Any) -> Any:
    """Calls ``make``; what it says of the attention implementation becomes an InputError."""
    try:
        return make(*arguments, **options)
    except ImportError as error:
        raise MissingPackage(
            f"`attn_implementation` {request.attn_implementation} cannot be used: "
            f"{_first_line(error)}",
            hint="install the package, or choose sdpa",
        ) from error
    except ValueError as error:
        text = str(error).lower()
        if "has no `tp_plan`" in text:
            raise no_plan(request) from error
        if "does not support" in text and ("attention" in text or "attn" in text):
            raise InputError(
                f"{request.model} does not support `attn_implementation` "
                f"{request.attn_implementation}",
                hint="eager is supported by every model",
            ) from error
        raise


def _choose_sdpa(request: Request) -> None:
    """Leaves sdpa one kernel, for the whole process and all of its threads."""
    if request.sdpa_backend is None:
        return
    from torch.backends import cuda

    switches = {
        "flash": cuda.enable_flash_sdp,
        "efficient": cuda.enable_mem_efficient_sdp,
        "cudnn": cuda.enable_cudnn_sdp,
        "math": cuda.enable_math_sdp,
    }
    for name, switch in switches.items():
        switch(name == request.sdpa_backend)


def _check_packages(request: Request) -> None:
    from importlib.util import find_spec

    if request.kernelize and find_spec("kernels") is None:
        raise MissingPackage(
            "`kernelize` needs the package kernels, which is not installed",
            hint="install it (pip install kernels), or set `kernelize` to false",
        )
    package = _FLASH_PACKAGES.get(request.attn_implementation)
    if package and find_spec(package) is None and find_spec("kernels") is None:
        raise MissingPackage(
            f"`attn_implementation` {request.attn_implementation} needs the package {package} or "
            "kernels, neither of which is installed",
            hint="install one of them, or choose sdpa",
        )


def _check_length(config: Any, request: Request) -> None:
    longest = getattr(text_config(config), "max_position_embeddings", None)
    asked = request.sequence_length + request.num_tokens
    if isinstance(longest, int) and 0 < longest < asked:
        raise InputError(
            f"`sequence_length` {request.sequence_length} and `num_tokens` {request.num_tokens} "
            f"make {asked}, more than the model's max_position_embeddings, which is {longest}",
            hint="shorten them, or raise max_position_embeddings in `config`",
        )


def _check_attention(model: Any, request: Request) -> None:
    """Says where transformers took another implementation than the request names."""
    used = getattr(text_config(model.config), "_attn_implementation", None)
    asked = request.attn_implementation
    # Without its package, the same kernels come from a hub repository such as `flash-attn3`.
    kernels = re.search(r"flash-attn(\d?)", str(used))
    same = used == asked or (
        kernels is not None and asked == f"flash_attention_{kernels[1] or '2'}"
    )
    if used is not None and not same:
        raise InputError(
            f"{request.model} was loaded with the attention implementation {used}, not with "
            f"`attn_implementation` {asked}",
            hint=f"name {used} if it is what you want to measure",
        )


def _kernelize(model: Any) -> None:
    try:
        if hasattr(model, "set_use_kernels"):
            model.set_use_kernels(True)
        elif hasattr(type(model), "use_kernels"):
            model.use_kernels = True
        else:
            raise MissingPackage(
                "this version of transformers cannot load kernels into a model",
                hint="install transformers 4.56 or later, or set `kernelize` to false",
            )
    except (ImportError, OSError) as error:
        # Without a network a kernel must have been fetched before.
        raise MissingPackage(
            f"the kernels cannot be loaded: {_first_line(error)}",
            hint="fetch them first and name their directory in KERNELS_CACHE (under Pants by "
            "`[gpu-bench].extra_env_vars`), or set `kernelize` to false",
        ) from error


def _padding(model: Any, tokenizer: Any | None) -> int:
    candidates = [getattr(tokenizer, "pad_token_id", None)]
    for config in (model.generation_config, text_config(model.config)):
        candidates += [getattr(config, "pad_token_id", None), getattr(config, "eos_token_id", None)]
    for candidate in candidates:
        value = candidate[0] if isinstance(candidate, (list, tuple)) and candidate else candidate
        if isinstance(value, int) and value >= 0:
            return value
    return 0


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
