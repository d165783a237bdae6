"""Entries of models that find and read text in pictures."""

from __future__ import annotations

from typing import Any

from tiny_models.families.family import Family

_REACH = (("longratio", 7), ("midratio", 5), ("shortratio", 3))


def _intraclass() -> dict[str, Any]:
    """Kernels, strides and paddings of convolutions that look along lines of text."""
    settings: dict[str, Any] = {"reduce_channel": [1, 1, 0], "return_channel": [1, 1, 0]}
    for name, size in _REACH:
        half = size // 2
        settings |= {
            f"symmetric_conv_long_{name}": [[size, size], [1, 1], [half, half]],
            f"vertical_long_to_small_conv_{name}": [[size, 1], [1, 1], [half, 0]],
            f"horizontal_small_to_long_conv_{name}": [[1, size], [1, 1], [0, half]],
        }
    return settings


_HALVING = {
    "out_indices": [1, 2, 3, 4],
    "block_configs": [
        [[3, 16, 16, 1, True]],
        [[3, 16, 16, 2, False]],
        [[3, 16, 32, 2, False]],
        [[3, 32, 32, 2, False]],
    ],
}

FAMILIES: tuple[Family, ...] = (
    Family(
        ("pp_ocrv5_server_det", "pp_ocrv6_medium_det"),
        "kernels and factors have no default",
        {
            "intraclass_block_config": _intraclass(),
            "scale_factor_list": [1, 2, 4, 8],
            "kernel_list": [3, 2, 2],
        },
    ),
    Family(
        ("pp_ocrv5_mobile_det", "slanet"),
        "the backbone's widths are rounded to a number that is above the small ones",
        {"backbone_config": {"scale": 0.25, "divisor": 8}},
    ),
    Family(
        ("pp_ocrv6_small_det",),
        "reads the widths of the backbone's stages, each of half the size",
        {
            "layer_list_out_channels": [16, 16, 32, 32],
            "backbone_config": _HALVING,
        },
    ),
    Family(
        ("pp_ocrv6_medium_det",),
        "reads all stages of the backbone, each of half the size",
        {"backbone_config": _HALVING},
    ),
)
