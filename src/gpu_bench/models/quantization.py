"""Weights that are quantised when they are read, by transformers' own means."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from gpu_bench.core.errors import MissingPackage, NoAccelerator
from gpu_bench.request.fields import Request
from toolkit.errors import InputError
from toolkit.suggestions import did_you_mean

_METHOD = "quant_method"
_NEEDS_DEVICE = (
    "no gpu",
    "requires a gpu",
    "need a gpu",
    "needs a gpu",
    "gpu is required",
    "only supported on gpus",
)


def options(request: Request, device: Any) -> dict[str, Any]:
    """What `from_pretrained` takes to quantise; empty without a `quantization_config`.

    Raises InputError for a method or settings that the installed transformers does not know.
    """
    if request.quantization_config is None:
        return {}
    config = {"quantization_config": _config(request.quantization_config)}
    # Ranks are placed by transformers, which then takes no map.
    return config if request.ranks > 1 else {**config, "device_map": {"": device}}


def _config(values: Mapping[str, Any]) -> Any:
    import transformers
    from transformers.quantizers.auto import (
        AUTO_QUANTIZATION_CONFIG_MAPPING,
        AutoQuantizationConfig,
    )

    method = values.get(_METHOD)
    # Their configs are kept by the number of bits.
    known = sorted(
        {
            name.removesuffix("_4bit").removesuffix("_8bit")
            for name in AUTO_QUANTIZATION_CONFIG_MAPPING
        }
    )
    if not isinstance(method, str) or method not in known:
        raise InputError(
            f"transformers {transformers.__version__} has no `quantization_config` with "
            f"`{_METHOD}` {method!r}",
            hint=did_you_mean(str(method), known) or f"choose one of {', '.join(known)}",
        )
    if method == "bitsandbytes" and not (values.get("load_in_4bit") or values.get("load_in_8bit")):
        raise InputError(
            "`quantization_config` of bitsandbytes has neither `load_in_4bit` nor `load_in_8bit`",
            hint="set one of them to true",
        )
    try:
        config = AutoQuantizationConfig.from_dict(dict(values))
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"`quantization_config` does not suit {method}: {error}",
            hint=f"give the settings of transformers' {method} config",
        ) from error
    except ImportError as error:
        raise _missing(method, error) from error
    settings = [*inspect.signature(type(config).__init__).parameters, *config.to_dict()]
    for name in values:
        # What it does not know it leaves out.
        if name not in settings and name != _METHOD:
            raise InputError(
                f"`quantization_config` of {method} has no setting {name!r}",
                hint=did_you_mean(
                    name, [known for known in settings if known not in ("self", "kwargs")]
                ),
            )
    return config


def supported(request: Request, make: Callable[..., Any]) -> Callable[..., Any]:
    """``make``, which raises MissingPackage or NoAccelerator for what quantising lacks here."""
    if request.quantization_config is None:
        return make
    method = request.quantization_config[_METHOD]

    def made(*arguments: Any, **named: Any) -> Any:
        try:
            return make(*arguments, **named)
        except ImportError as error:
            raise _missing(method, error) from error
        except (RuntimeError, ValueError) as error:
            text = str(error).lower()
            if any(words in text for words in _NEEDS_DEVICE):
                raise NoAccelerator(
                    f"`quantization_config` {method} cannot be used here: {_first_line(error)}",
                    hint="measure on a CUDA device, or choose another method",
                ) from error
            if "pip install" in text:
                raise _missing(method, error) from error
            if "quantiz" in text:
                raise InputError(
                    f"`quantization_config` {method} cannot be used with {request.model}: "
                    f"{_first_line(error)}",
                    hint="name a checkpoint that suits it, or choose another method",
                ) from error
            raise

    return made


def used(model: Any) -> str | None:
    """The method that a model's weights are quantised by; None if they are plain."""
    return None if getattr(model, "hf_quantizer", None) is None else named(model.config)


def check_used(request: Request, of_checkpoint: str | None, model: Any) -> None:
    """Raises InputError if the weights are plain where the checkpoint has quantised ones.

    transformers dequantises what the device cannot compute with, and only warns.
    """
    dequantizes = (request.quantization_config or {}).get("dequantize")
    if of_checkpoint is not None and used(model) is None and not dequantizes:
        asked = {_METHOD: of_checkpoint, "dequantize": True}
        raise InputError(
            f"the weights of {request.model} are quantised ({of_checkpoint}), and transformers "
            "dequantised them, as this device cannot use them as they are",
            hint=f"to measure that, set `quantization_config` to {json.dumps(asked)}",
        )


def named(config: Any) -> str | None:
    """The method that a model's config names."""
    config = getattr(config, "quantization_config", None)
    method = config.get(_METHOD) if isinstance(config, dict) else getattr(config, _METHOD, None)
    return None if method is None else str(getattr(method, "value", method))


def _missing(method: str, error: Exception) -> MissingPackage:
    return MissingPackage(
        f"`quantization_config` {method} cannot be used: {_first_line(error)}",
        hint="install the package in the benchmark's resolve, or choose another method",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
