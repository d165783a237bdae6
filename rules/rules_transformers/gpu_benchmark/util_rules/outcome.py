"""What becomes of benchmarks: each is measured and judged before the next one is measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.fs import Digest
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark
from rules_transformers.gpu_benchmark.util_rules.base_code import BaseCode, BaseCodeRequest
from rules_transformers.gpu_benchmark.util_rules.judge import Judgement, JudgeRequest
from rules_transformers.gpu_benchmark.util_rules.measure import Measurement, MeasureRequest
from rules_transformers.gpu_benchmark.util_rules.measured_model import (
    MeasuredModelFiles,
    MeasuredModelRequest,
)
from rules_transformers.tiny_fixtures.util_rules.build import NOT_BUILT


@dataclass(frozen=True)
class OutcomeRequest(EngineAwareParameter):
    """Asks for the outcome of the last benchmark of a chain.

    The others come before it, so that never two share the device; they are not part of what it is
    cached by.
    """

    chain: tuple[GpuBenchmarkFieldSet, ...]

    def debug_hint(self) -> str:
        return self.chain[-1].address.spec


@dataclass(frozen=True)
class Outcome:
    """The measurements of a benchmark, and what they say.

    :param measurements: one, or two if the first was inconclusive.
    :param judgement: None if the last measurement failed.
    :param problem: why it could not be measured at all; empty if it was.
    :param in_turn: whether it was measured in turn with another revision.
    :param remark: why it was not, if that was asked for.
    """

    measurements: tuple[Measurement, ...]
    judgement: Judgement | None
    problem: str = ""
    in_turn: bool = False
    remark: str = ""

    @property
    def results(self) -> tuple[Digest, ...]:
        return tuple(measurement.outputs for measurement in self.measurements)


async def _in_turn(field_set: GpuBenchmarkFieldSet, base: BaseCode) -> Outcome:
    measured = await Get(Measurement, MeasureRequest(field_set, base=base))
    if measured.process_result.exit_code != 0:
        return Outcome((measured,), None, in_turn=True)
    judgement = await Get(Judgement, JudgeRequest(field_set, (measured.outputs,), in_turn=True))
    return Outcome((measured,), judgement, in_turn=True)


async def _against_baseline(field_set: GpuBenchmarkFieldSet, first: Measurement) -> Outcome:
    judgement = await Get(Judgement, JudgeRequest(field_set, (first.outputs,)))
    if not judgement.another_round:
        return Outcome((first,), judgement)
    second = await Get(Measurement, MeasureRequest(field_set, round_number=1))
    if second.process_result.exit_code != 0:
        return Outcome((first, second), None)
    judgement = await Get(Judgement, JudgeRequest(field_set, (first.outputs, second.outputs)))
    return Outcome((first, second), judgement)


@rule
async def find_outcome(request: OutcomeRequest, benchmark: GpuBenchmark) -> Outcome:
    if len(request.chain) > 1:
        await Get(Outcome, OutcomeRequest(request.chain[:-1]))
    field_set = request.chain[-1]
    revision = benchmark.interleave
    base = None
    try:
        if revision:
            model = await Get(MeasuredModelFiles, MeasuredModelRequest(field_set))
            base = await Get(BaseCode, BaseCodeRequest(field_set.address, model.code, revision))
            if not base.problem:
                return await _in_turn(field_set, base)
        first = await Get(Measurement, MeasureRequest(field_set))
    except NOT_BUILT as error:
        return Outcome((), None, str(error))
    if first.process_result.exit_code != 0:
        return Outcome((first,), None)
    outcome = await _against_baseline(field_set, first)
    return replace(outcome, remark=base.problem) if base else outcome


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
