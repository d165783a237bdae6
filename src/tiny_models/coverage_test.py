from __future__ import annotations

import dataclasses

from tiny_models.coverage import Result, prepare, run

# Of several kinds, in order of their names.
CLASSES = ("BertModel", "CLIPModel", "GPT2LMHeadModel", "ViTModel", "WhisperModel")


def test_more_processes_find_the_same() -> None:
    def tried(jobs: int) -> tuple[list[Result], list[str]]:
        told: list[str] = []
        results = run(
            CLASSES,
            build_only=False,
            jobs=jobs,
            report=lambda result: told.append(result.architecture),
        )
        return [dataclasses.replace(each, seconds=0.0) for each in results], told

    prepare()
    alone, in_order = tried(1)
    together, finished = tried(2)
    assert [each.architecture for each in alone] == list(CLASSES) == in_order
    assert all(each.ok and each.size for each in alone)
    assert all(each.inputs for each in alone)
    assert together == alone
    assert sorted(finished) == in_order
