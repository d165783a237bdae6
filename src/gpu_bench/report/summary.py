"""The summary in Markdown, for a pull request or the page of a workflow's run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gpu_bench.judge import outcomes
from gpu_bench.judge.metric_verdict import percent
from gpu_bench.report import markdown, tables
from gpu_bench.report.history_steps import history_steps
from gpu_bench.report.labels import METRICS, STATES, by_state, in_words, with_minus
from gpu_bench.report.page import counted_states
from gpu_bench.report.runs import Benchmark, Device, Run
from toolkit.errors import ToolError

# A comment may have 65536 characters.
LIMIT = 60_000
_MOST_PROBLEMS = 20


def summary(devices: Sequence[Device], problems: Sequence[ToolError], limit: int = LIMIT) -> str:
    """The summary, with at most ``limit`` characters: details, and then rows, are left out."""
    every = sum(len(device.benchmarks) for device in devices)
    for detailed in (_all, _changed, _none):
        text = _text(devices, problems, detailed, every)
        if len(text) <= limit:
            return text
    most = every
    while len(text) > limit and most:
        most //= 2
        text = _text(devices, problems, _none, most)
    return text


def _all(_run: Run) -> bool:
    return True


def _changed(run: Run) -> bool:
    return run.state not in (outcomes.SAME, outcomes.FASTER)


def _none(_run: Run) -> bool:
    return False


def _text(
    devices: Sequence[Device],
    problems: Sequence[ToolError],
    detailed: Callable[[Run], bool],
    most: int,
) -> str:
    counts = ", ".join(
        f"{state.symbol} {number} {state.word}" for state, number in counted_states(devices)
    )
    parts = [f"### GPU benchmarks: {counts}"]
    left = most
    for device in devices:
        benchmarks = by_state(device.benchmarks)[:left]
        left -= len(benchmarks)
        if benchmarks:
            machine = f"{device.name} ({tables.machine(device.fingerprint)})"
            parts += [f"**{markdown.text(machine)}**", _table(benchmarks)]
            parts += [_details(benchmark) for benchmark in benchmarks if detailed(benchmark.latest)]
    left_out = sum(len(device.benchmarks) for device in devices) - most
    if left_out > 0:
        parts.append(f"{left_out} more are left out here; the report's page has all.")
    parts += _problems(problems)
    return "\n\n".join(parts) + "\n"


def _table(benchmarks: Sequence[Benchmark]) -> str:
    head = ("Benchmark", "Verdict", METRICS["end_to_end"], "Change (95 % interval)", "Reason")
    return markdown.table(head, map(_row, benchmarks), numbers=(2, 3))


def _row(benchmark: Benchmark) -> tuple[str, ...]:
    run = benchmark.latest
    cell = tables.compared(run)[0]
    judged = run.judged("end_to_end")
    # That all is the same needs no reason; the details have it.
    reason = "" if run.state == outcomes.SAME else markdown.text(_in_words(run.reason))
    return (
        markdown.code(benchmark.address),
        str(STATES[run.state]),
        cell.value,
        with_minus(percent(judged.ratio)) if judged else "–",
        reason,
    )


def _details(benchmark: Benchmark) -> str:
    run = benchmark.latest
    lines = [
        f"<details><summary><code>{markdown.inline_html(run.address)}</code></summary>",
        "",
        f"Measured {tables.time(run)}, commit {markdown.text(tables.commits(run))}.",
    ]
    rows = [
        (row.label, row.base, row.new, row.change, str(row.state))
        for row in tables.metrics(run, decides=True)
    ]
    if rows:
        head = ("Metric", "Base", "New", "Change (95 % interval)", "Verdict")
        lines += ["", markdown.table(head, rows, numbers=(1, 2, 3))]
    else:
        cells = zip(tables.COMPARED, tables.compared(run), strict=True)
        values = [(METRICS[name], cell.value) for name, cell in cells]
        lines += ["", markdown.table(("Metric", "Value"), values, numbers=(1,))]
    lines += ["", *(f"- {line}" for line in _remarks(benchmark)), "", "</details>"]
    return "\n".join(lines)


def _remarks(benchmark: Benchmark) -> Iterator[str]:
    run = benchmark.latest
    yield from map(markdown.text, _in_words(run.reason).split("; "))
    if compared := tables.baseline(run):
        yield f"compared with {markdown.text(compared)}"
    for _, problem, _ in run.problems:
        if problem and problem.get("hint"):
            yield f"hint: {markdown.text(str(problem['hint']))}"
    if run.verdict is not None:
        yield from (f"note: {markdown.text(in_words(note))}" for note in run.verdict.notes)
    for step in history_steps(benchmark):
        yield f"step in the history: {markdown.text(str(step))}"


def _in_words(reason: str) -> str:
    return "; ".join(map(in_words, reason.split("; ")))


def _problems(problems: Sequence[ToolError]) -> Iterator[str]:
    if not problems:
        return
    lines = ["**Not used**", ""]
    for problem in problems[:_MOST_PROBLEMS]:
        place = f"{markdown.code(problem.place)}: " if problem.place else ""
        lines.append(f"- {place}{markdown.text(problem.message)}")
    if len(problems) > _MOST_PROBLEMS:
        lines.append(f"- and {len(problems) - _MOST_PROBLEMS} more")
    yield "\n".join(lines)
