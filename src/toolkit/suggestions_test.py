from __future__ import annotations

from toolkit.suggestions import did_you_mean, nearest


def test_near_names_come_first_and_case_is_ignored() -> None:
    assert nearest("QWEN2", ["qwen3", "llama", "qwen2"]) == ["qwen2", "qwen3"]
    assert did_you_mean("lama", ["llama", "qwen2"]) == "did you mean `llama`?"


def test_few_names_are_listed_and_many_are_not() -> None:
    assert did_you_mean("zzz", ["b", "a"], "profiles") == "known profiles: a, b"
    assert did_you_mean("zzz", [f"name{n}" for n in range(100)]) == ""
    assert did_you_mean("zzz", []) == ""
