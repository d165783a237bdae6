"""Measures the conversion of a whole corpus, phase by phase, against one libcst parse.

    python benchmarks/conversion/benchmark.py [--corpus DIR] [--json]
    python benchmarks/conversion/benchmark.py [--corpus DIR] --beside CHECKOUT

Needs libcst beside what the converter needs. CPU seconds are user plus system time of a process
and its children; each measurement runs in a process of its own. The yardstick parses with libcst,
once each, the same files that the conversion reads: the modular files and their distinct parents.

With `--beside`, the command line of another checkout of this repository is measured in turn with
this one, and the table of docs/how-conversion-works.md is printed.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "src")


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _modulars(root: str) -> list[str]:
    models = os.path.join(root, "transformers", "models")
    return sorted(
        os.path.join(directory, name)
        for directory, _, names in os.walk(models)
        for name in names
        if name.startswith("modular_") and name.endswith(".py")
    )


def _phases(root: str) -> dict[str, float]:
    """CPU seconds of each phase of a cold run in this process."""
    gc.disable()
    start = _cpu()
    from modular_converter.conventions import profiles
    from modular_converter.convert.model import convert
    from modular_converter.emit.formatter import format_all
    from modular_converter.library.context import ConversionContext
    from modular_converter.library.modular_file import location_of, parent_imports
    from modular_converter.library.sources import Sources, distribution_facts

    sources = Sources()
    facts = distribution_facts([root], sources)
    profile = profiles.for_version(facts.version)
    context = ConversionContext(sources, (root,), facts.table, profile)
    places = [location_of(path, root) for path in _modulars(root)]
    started = _cpu()
    parents: set[str] = set()
    for location in places:
        index = sources.index(location.path)
        imports = parent_imports(location, index, (root,), sources, profile)
        parents.update(parent.path for parent in imports)
    for path in sorted(parents):
        sources.index(path)
    indexed = _cpu()
    texts = {}
    for location in places:
        conversion = convert(location, context, looks_up_names=False)
        for file_type, output in conversion.outputs.items():
            path = conversion.output_path(file_type)
            texts[os.path.relpath(path, root)] = output.text
    converted = _cpu()
    done = format_all(texts, profile)
    formatted = _cpu()
    matching = 0
    for key, outcome in done.items():
        with open(os.path.join(root, key), encoding="utf-8", newline="") as file:
            matching += file.read() == outcome.text
    return {
        "modulars": len(places),
        "parents": len(parents),
        "outputs": len(texts),
        "outputs_identical": matching,
        "start": started - start,
        "index": indexed - started,
        "convert": converted - indexed,
        "format": formatted - converted,
        "total": formatted - start,
    }


def _libcst(root: str) -> dict[str, float]:
    """CPU seconds of one libcst parse of the modulars and their distinct parents."""
    from modular_converter.conventions import profiles
    from modular_converter.library.modular_file import location_of, parent_imports
    from modular_converter.library.sources import Sources, distribution_facts

    sources = Sources()
    profile = profiles.for_version(distribution_facts([root], sources).version)
    paths = set(_modulars(root))
    for path in sorted(paths):
        location = location_of(path, root)
        imports = parent_imports(location, sources.index(path), (root,), sources, profile)
        paths.update(parent.path for parent in imports)
    texts = [sources.text(path) for path in sorted(paths)]
    import libcst

    del sources
    start = _cpu()
    for text in texts:
        libcst.parse_module(text)
    return {"files": len(texts), "bytes": sum(map(len, texts)), "total": _cpu() - start}


def _in_own_process(mode: str, root: str) -> dict[str, float]:
    command = [sys.executable, os.path.abspath(__file__), "--mode", mode, "--corpus", root]
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _command(arguments: list[str], root: str, source: str = SOURCE) -> dict[str, float]:
    """Wall and CPU seconds of a run of the command line, and the memory of its largest process."""
    environment = {**os.environ, "PYTHONPATH": source}
    command = [sys.executable, "-m", "modular_converter", *arguments]
    with tempfile.TemporaryFile() as log:
        wall = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, cwd=root, stdout=subprocess.DEVNULL, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - wall
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            log.seek(0)
            raise SystemExit(log.read().decode())
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": wall,
        "peak_mib": usage.ru_maxrss / 1024,
        "exit": process.returncode,
    }


def _beside(root: str, other: str, rounds: int) -> str:
    """A table of this checkout and another one: the best of some rounds of each, in turn."""
    models = os.path.join(root, "transformers", "models")
    checkouts = {"this commit": SOURCE, "the other": os.path.join(os.path.abspath(other), "src")}
    check = ["convert", "--check", "--quiet", "--search-path", root]
    yard: list[float] = []
    runs: dict[str, list[tuple[dict[str, float], dict[str, float]]]] = {
        name: [] for name in checkouts
    }
    for _ in range(rounds):
        yard.append(_in_own_process("libcst", root)["total"])
        for name, source in checkouts.items():
            one = _command([*check, models], root, source)
            two = _command([*check, "--jobs", "2", models], root, source)
            runs[name].append((one, two))
    lines = [
        "| | CPU / libcst's | peak memory, MiB | wall time of two jobs / one |",
        "| --- | --- | --- | --- |",
    ]
    for name, measured in runs.items():
        cpu = min(one["cpu"] for one, _ in measured) / min(yard)
        peak = max(run["peak_mib"] for pair in measured for run in pair)
        jobs = min(two["wall"] for _, two in measured) / min(one["wall"] for one, _ in measured)
        lines.append(f"| {name} | {cpu:.2f} | {peak:.0f} | {jobs:.2f} |")
    return "\n".join(lines)


def _measure(root: str) -> dict[str, dict[str, float]]:
    models = os.path.join(root, "transformers", "models")
    one = os.path.join(models, "qwen3", "modular_qwen3.py")
    check = ["convert", "--check", "--search-path", root]
    return {
        "libcst": _in_own_process("libcst", root),
        "cold": _in_own_process("phases", root),
        "one file": _command([*check, one], root),
        "check of all": _command([*check, models], root),
        "check of all, 2 jobs": _command([*check, "--jobs", "2", models], root),
        "outline of all": _outline(root),
        "help": _command(["--help"], root),
    }


def _outline(root: str) -> dict[str, float]:
    request = {
        "schema": 1,
        "modulars": [{"path": os.path.relpath(path, root)} for path in _modulars(root)],
        "source_roots": ["."],
        "parents": ["."],
    }
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "request.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(request, file)
        return _command(["outline", "--request", path], root)


def _report(result: dict[str, dict[str, float]]) -> str:
    yard, cold = result["libcst"], result["cold"]
    lines = [
        f"libcst parse of {yard['files']} files, {yard['bytes'] / 1e6:.1f} MB: "
        f"{yard['total']:.1f} CPU-s",
        f"cold corpus: {cold['modulars']} modulars, {cold['parents']} parents, "
        f"{cold['outputs_identical']}/{cold['outputs']} outputs identical, "
        f"peak {cold['peak_mib']:.0f} MiB",
    ]
    for phase in ("start", "index", "convert", "format", "total"):
        seconds = cold[phase]
        lines.append(f"  {phase:8} {seconds:7.2f} CPU-s  {seconds / yard['total']:.2f}x libcst")
    lines += [
        f"{name:22} {run['cpu']:7.2f} CPU-s {run['wall']:7.2f} s wall {run['peak_mib']:4.0f} MiB"
        for name, run in result.items()
        if "wall" in run
    ]
    return "\n".join(lines)


def _default_corpus() -> str:
    root = os.environ.get("TRANSFORMERS_CORPUS")
    if root:
        return root
    spec = importlib.util.find_spec("transformers")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("no corpus: install transformers or give --corpus DIR")
    return os.path.dirname(next(iter(spec.submodule_search_locations)))


def main() -> None:
    """Runs the measurements and prints them."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpus", help="directory that holds the transformers package")
    options.add_argument("--json", action="store_true", help="print the numbers as JSON")
    options.add_argument(
        "--beside", metavar="CHECKOUT", help="compare with another checkout of this repository"
    )
    options.add_argument("--rounds", type=int, default=3, help="of --beside (default: 3)")
    options.add_argument("--mode", choices=("phases", "libcst"), help=argparse.SUPPRESS)
    given = options.parse_args()
    root = os.path.abspath(given.corpus or _default_corpus())
    if given.mode:
        answer = _phases(root) if given.mode == "phases" else _libcst(root)
        answer["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        json.dump(answer, sys.stdout)
        return
    if given.beside:
        print(_beside(root, given.beside, given.rounds))
        return
    result = _measure(root)
    print(json.dumps(result, indent=1) if given.json else _report(result))


if __name__ == "__main__":
    main()
