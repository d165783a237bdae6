"""A stand-in for `gpu_bench`, which logs what it is run for and answers as its request says.

The request's `config` has what to do: `seconds` to take, `refuses` or `fails` with an exit code,
`odd` or `throttled` results, and `verdicts` by the number of rounds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

# Set by `program`.
LOG = ""

_EXIT_CODES = {"slower": 1, "wrong_output": 1, "inconclusive": 4, "no_baseline": 4}


def program(log: Path) -> str:
    """The source of a `__main__.py` that appends lines to `log`."""
    source = Path(__file__).read_text(encoding="utf-8")
    return source.replace('LOG = ""', f"LOG = {str(log)!r}", 1)


def _log(text: str) -> None:
    with open(LOG, "a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _measure(request_path: Path, output: Path, base_root: str | None) -> int:
    request = _read(request_path)
    config = request.get("config", {})
    name = request["address"]
    _log(f"run begin {name} round {request['round']}")
    time.sleep(config.get("seconds", 0))
    if "refuses" in config:
        print(f"{name}: error: cannot be", file=sys.stderr)
        return 2
    roots = {"": Path()} if base_root is None else {"base": Path(base_root), "new": Path()}
    for side, root in roots.items():
        (output / side).mkdir(parents=True)
        files = {
            str(path.relative_to(root)): path.read_text(encoding="utf-8")
            for path in sorted(root.glob("m/**/*"))
            if path.is_file()
        }
        result = {"request": request, "files": files, "environment": dict(os.environ)}
        (output / side / "result.json").write_text(json.dumps(result), encoding="utf-8")
    _log(f"run end {name} round {request['round']}")
    if "fails" in config:
        print(f"{name}: error: out of memory", file=sys.stderr)
        return int(config["fails"])
    return 0


def _compare(base: Path, rounds: list[Path], output: Path, options: dict[str, str]) -> int:
    config = _read(rounds[0])["request"].get("config", {})
    if base.name == "result.json":
        verdict = "same"
    else:
        # Messages name a baseline by its place in the repository.
        assert base.is_dir() and base.parts[:2] == ("m", "baselines")
        verdict = "no_baseline" if not list(base.iterdir()) else "same"
    verdict = config.get("verdicts", [verdict] * 9)[len(rounds) - 1]
    per_card = " per card" if "per-card" in options else ""
    _log(f"compare {verdict} {options.get('max-regression')}{per_card}")
    if Path(LOG).with_name("crash").exists():
        return 1
    print(f"table of {verdict}")
    document = {
        "verdict": verdict,
        "reason": f"why {verdict}",
        "another_round": verdict == "inconclusive" and len(rounds) == 1,
    }
    output.write_text(json.dumps(document), encoding="utf-8")
    xml = f"<testsuites><{verdict}/></testsuites>"
    Path(options["junit-xml"]).write_text(xml, encoding="utf-8")
    return 0 if "exit-zero" in options else _EXIT_CODES.get(verdict, 0)


def _keep(result: Path, output: Path, options: dict[str, str]) -> int:
    if _read(result)["request"].get("config", {}).get("throttled"):
        print("error: the device throttled", file=sys.stderr)
        return 1
    output.mkdir(parents=True)
    name = "one-card.json" if "per-card" in options else "card.json"
    commit = f" of {options['commit']}" if "commit" in options else ""
    (output / name).write_text(f"a baseline{commit}", encoding="utf-8")
    return 0


def _report(results: Path, output: Path, limits: list[str]) -> int:
    output.mkdir(parents=True)
    files = sorted(
        str(path.relative_to(results)) for path in results.glob("**/*") if path.is_file()
    )
    (output / "summary.md").write_text(" ".join(files + limits), encoding="utf-8")
    if any("odd" in path.read_text(encoding="utf-8") for path in results.glob("**/result.json")):
        print(f"{results}/round0/result.json: error: odd", file=sys.stderr)
        return 2
    return 0


def _fingerprint(device: str, count: int) -> int:
    """Names devices by the variable that chooses them."""
    variable = "ZE_AFFINITY_MASK" if device == "xpu" else "HIP_VISIBLE_DEVICES"
    visible = os.environ.get(variable, "0").split(",")
    _log(f"fingerprint {device} of {','.join(visible)}")
    if len(visible) < count or "7" in visible:
        print(f"error: no accelerator: torch sees no {device} device", file=sys.stderr)
        return 3
    accelerator = {"name": f"Some {device} device", "devices": count}
    known = {"accelerator": accelerator, "torch": "2.13", "device_hash": visible[0]}
    print(json.dumps(known))
    return 0


def main(arguments: list[str]) -> int:
    """Runs a command; returns its exit code."""
    command, *arguments = arguments
    if "--output" in arguments:
        at = arguments.index("--output")
        arguments[at : at + 2] = [f"--output={arguments[at + 1]}"]
    flags = [argument[2:] for argument in arguments if argument.startswith("--")]
    options = {flag.partition("=")[0]: flag.partition("=")[2] for flag in flags}
    paths = [Path(argument) for argument in arguments if not argument.startswith("--")]
    if command == "fingerprint":
        return _fingerprint(options["device"], int(options["tensor-parallel-size"]))
    output = Path(options["output"])
    if command == "run":
        return _measure(paths[0], output, options.get("base-root"))
    if command == "compare":
        return _compare(paths[0], paths[1:], output, options)
    if command == "baseline":
        return _keep(paths[0], output, options)
    assert command == "report"
    limits = [flag for flag in flags if flag.startswith(("goodput-limit=", "peaks="))]
    return _report(paths[0], output, limits)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
