"""Options of benchmarks, and the tool that judges them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from pants.backend.python.subsystems.python_tool_base import PythonToolRequirementsBase
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.pex import PexRequest
from pants.engine.rules import Rule, collect_rules
from pants.engine.unions import UnionRule
from pants.option.option_types import (
    BoolOption,
    EnumOption,
    SkipOption,
    StrListOption,
    StrOption,
)
from pants.util.strutil import softwrap

from rules_transformers.gpu_benchmark.target_types import TAG
from rules_transformers.util_rules.tool_interpreters import TOOL_INTERPRETERS, tool_interpreters


class Run(Enum):
    requested = "requested"
    always = "always"
    never = "never"


class Share(Enum):
    model = "model"
    device = "device"


class GpuBenchmark(PythonToolRequirementsBase):
    options_scope = "gpu-bench"
    name = "GPU benchmark"
    help = softwrap(
        """
        Benchmarks on a CUDA device. The requirements are those of the process that compares and
        reports; models are measured with their own resolve.
        """
    )

    default_version = "scipy==1.17.1"
    default_extra_requirements = ["numpy==2.4.6", "jinja2==3.1.6", "matplotlib==3.11.2"]

    register_interpreter_constraints = True
    default_interpreter_constraints = [TOOL_INTERPRETERS]

    default_lockfile_resource = ("rules_transformers.gpu_benchmark", "gpu_bench.lock")

    skip = SkipOption("test")
    run = EnumOption(
        default=Run.requested,
        help=softwrap(
            f"""
            When `test` measures: if `--tag` names `{TAG}` or the benchmark's address is given
            (`requested`), whenever it is selected (`always`), or not at all (`never`).
            """
        ),
    )
    share = EnumOption(
        default=Share.model,
        help=softwrap(
            """
            Whether results and baselines are valid for any card of the same model, driver and
            limits (`model`), or only for the very same card (`device`).
            """
        ),
    )
    extra_env_vars = StrListOption(
        help=softwrap(
            """
            Environment variables of the processes that measure, as `NAME=value`, or as `NAME` to
            pass on the value from the command line: for example `PYTORCH_CUDA_ALLOC_CONF` for
            torch's allocator, `GPU_BENCH_LOCK_DIR` for the directory that containers with one
            card share, `KERNELS_CACHE` or `LOCAL_KERNELS` for kernels that were downloaded before.
            They are part of a result's cache key.
            """
        ),
    )
    interleave = StrOption(
        default=None,
        help=softwrap(
            """
            A Git revision to compare with, e.g. `main`, instead of baselines. The model's code as
            it is there and as it is now are measured in turn, in one session on one device, so
            that nothing that differs between two sessions can decide. Both sides run with the
            lockfile, the config and the weights of the workspace.
            """
        ),
    )
    goodput_limits = StrListOption(
        help=softwrap(
            """
            What a request of continuous batching may take to count for a report's goodput:
            `time_to_first_token=200ms`, `per_token=20ms`, or both. The field `goodput_limits` of a
            target replaces them.
            """
        ),
    )
    peaks = StrListOption(
        help=softwrap(
            """
            Files that `gpu_bench peaks` wrote, relative to the build root, e.g.
            `benchmarks/peaks.json`: what devices can do at most whose datasheets are not in the
            tool's table. Reports state shares of them.
            """
        ),
    )
    strict = BoolOption(
        default=False,
        help="Fail if a comparison is inconclusive, or if there is no baseline.",
    )
    require_accelerator = BoolOption(
        default=False,
        help="Fail instead of skipping requested benchmarks if there is no accelerator.",
    )

    @property
    def baseline_arguments(self) -> tuple[str, ...]:
        """Arguments of the commands that write and find baselines."""
        return ("--per-card",) if self.share is Share.device else ()

    def pex_request(self, python_setup: PythonSetup) -> PexRequest:
        return PexRequest(
            output_filename="gpu_bench.pex",
            internal_only=True,
            requirements=self.pex_requirements(),
            interpreter_constraints=tool_interpreters(self, python_setup),
            description="Prepare the comparison of benchmarks",
        )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
