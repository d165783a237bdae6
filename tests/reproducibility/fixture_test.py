"""Two users build the fixtures that Pants has built for this test, with the tool alone."""

from __future__ import annotations

import json
from pathlib import Path

from tests.reproducibility.circumstances import Circumstances, two
from tests.reproducibility.comparison import differences

# As the BUILD file beside this file has them: a tokenizer, image and audio processors.
_FIXTURES = {
    "text": ("qwen2", "Qwen2ForCausalLM"),
    "image": ("clip", "CLIPModel"),
    "audio": ("whisper", "WhisperForConditionalGeneration"),
}
_PACKAGE = Path("tests/reproducibility")


def _built(user: Circumstances, workspace: str) -> Path:
    root = user.directory / workspace
    root.mkdir()
    entries = [
        {
            "address": f"{_PACKAGE}:{name}",
            "path": f"{_PACKAGE}/{name}",
            "model_type": model_type,
            "architectures": [architecture],
        }
        for name, (model_type, architecture) in _FIXTURES.items()
    ]
    (root / "request.json").write_text(json.dumps({"schema": 1, "fixtures": entries}))
    user.settle()
    output = f"--output={user.home / 'out'}"
    user.run_tool(("tiny_models", "build", "request.json", output), root)
    return user.home / "out" / _PACKAGE


def test_fixtures(tmp_path: Path) -> None:
    one, stranger = two(tmp_path)
    outputs = _built(one, "a"), _built(stranger, "b ö")
    for name in _FIXTURES:
        assert (outputs[0] / name / "model.safetensors").is_file()
        assert differences(outputs[0] / name, outputs[1] / name) == ""
        assert differences(_PACKAGE / name, outputs[0] / name) == ""
