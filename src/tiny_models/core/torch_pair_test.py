from __future__ import annotations

import pytest

from tiny_models.core import torch_pair
from tiny_models.core.errors import MissingRequirement


@pytest.mark.parametrize(
    ("torch", "expected"),
    [
        # As torchvision's own metadata pins them.
        ("2.1.0", "torchvision==0.16.0"),
        ("2.5.1", "torchvision==0.20.1"),
        ("2.14.1", "torchvision==0.29.1"),
        # The build that PyTorch's index of CPU builds has.
        ("2.13.0+cpu", "torchvision==0.28.0+cpu"),
        ("2.14.1+cu130", "torchvision==0.29.1+cu130"),
    ],
)
def test_a_torchvision_fits_one_torch(
    torch: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_pair, "installed_torch", lambda: torch)
    assert torch_pair.requirements(["torchvision"]) == {"torchvision": expected}
    hint = MissingRequirement("X", ["torchvision", "av"]).hint
    assert f"`{expected}`, `av`" in hint
    assert f"fits torch {torch}" in hint
    assert torch_pair.requirements(["av"]) == {}


@pytest.mark.parametrize("torch", [None, "2.14.0a0+git1234", "3.0.0"])
def test_of_another_torch_nothing_is_said(
    torch: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_pair, "installed_torch", lambda: torch)
    assert torch_pair.requirements(["torchvision"]) == {}
    hint = MissingRequirement("X", ["torchvision"]).hint
    assert hint == "add `torchvision` to the requirements of the resolve and relock it"
