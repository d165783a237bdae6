"""The former names of backends still load what the new ones do, with a warning."""

from __future__ import annotations

import logging

import pytest
from pants.build_graph.build_configuration import BuildConfiguration
from pants.init.extension_loader import load_backend


@pytest.mark.parametrize(
    ("former", "current"),
    [("benchmark", "gpu_benchmark"), ("fixtures", "tiny_fixtures"), ("similarity", "parents")],
)
def test_former_name(former: str, current: str, caplog: pytest.LogCaptureFixture) -> None:
    loaded = {}
    for name in (former, current):
        caplog.clear()
        builder = BuildConfiguration.Builder()
        load_backend(builder, f"rules_transformers.{name}")
        loaded[name] = builder.create()
        messages = [record.getMessage() for record in caplog.records]
        if name == former:
            assert [record.levelno for record in caplog.records] == [logging.WARNING]
            assert f"DEPRECATED: the backend `rules_transformers.{former}`" in messages[0]
            assert f"write `rules_transformers.{current}` instead" in messages[0]
        else:
            assert messages == []
    assert loaded[former].rules == loaded[current].rules
    assert loaded[former].target_types == loaded[current].target_types
