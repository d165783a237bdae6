"""Whether the user asked for a benchmark to be measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.specs_parser import SpecsParser
from pants.engine.addresses import Address
from pants.engine.internals.options_parsing import _Options
from pants.engine.rules import Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions

from rules_transformers.gpu_benchmark.subsystem import GpuBenchmark, Run
from rules_transformers.gpu_benchmark.target_types import TAG


@dataclass(frozen=True)
class RequestedBenchmarks:
    """What the command line and the options ask for.

    :param run: the value of the option.
    :param tagged: whether `--tag` names the tag of benchmarks.
    :param literals: the addresses on the command line.
    """

    run: Run
    tagged: bool
    literals: frozenset[Address]

    def has(self, address: Address) -> bool:
        """Whether a selected benchmark is asked for, perhaps with others of a `parametrize`."""
        if self.run is not Run.requested:
            return self.run is Run.always
        return self.tagged or self._names(address)

    def leaves_to_all_tests(self, address: Address) -> bool:
        """Whether a selected smoke test is left out, because the tag asks for measurements."""
        return self.run is Run.requested and self.tagged and not self._names(address)

    def _names(self, address: Address) -> bool:
        return any(_covers(literal, address) for literal in self.literals)


def _covers(literal: Address, address: Address) -> bool:
    return (literal.spec_path, literal.target_name) == (
        address.spec_path,
        address.target_name,
    ) and literal.parameters.items() <= address.parameters.items()


def names_the_tag(tags: Iterable[str]) -> bool:
    """Whether values of `--tag` select the tag of benchmarks, perhaps among others."""
    return any(
        TAG in (tag.strip() for tag in value.lstrip("+").split(","))
        for value in tags
        if not value.startswith("-")
    )


# Specs reach goal rules only; the options have them as they were given.
@rule
def find_requested_benchmarks(
    options: _Options, global_options: GlobalOptions, benchmark: GpuBenchmark
) -> RequestedBenchmarks:
    specs = SpecsParser().parse_specs(
        options.options.specs, description_of_origin="the command line"
    )
    return RequestedBenchmarks(
        run=benchmark.run,
        tagged=names_the_tag(global_options.tag),
        literals=frozenset(literal.to_address() for literal in specs.includes.address_literals),
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
