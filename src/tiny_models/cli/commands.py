"""What each command does, between parsed options and exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from toolkit.atomic_file import write_text
from toolkit.errors import ToolError
from toolkit.exit_codes import ExitCode


def run(options: argparse.Namespace) -> int:
    """Runs the chosen command. Raises ToolError."""
    if options.command == "publish":
        _keep_client_quiet()
    else:
        _be_offline()
    commands = {"build": _build, "verify": _verify, "run": _run}
    commands |= {"architectures": _architectures, "companions": _companions}
    commands |= {"coverage": _coverage, "publish": _publish}
    return commands[options.command](options)


def _be_offline() -> None:
    """Nothing is fetched; kernels are the same on every processor of a kind.

    These variables count only before the first import of what reads them.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    # Wider vector instructions round some initial constants otherwise.
    os.environ.setdefault("ATEN_CPU_CAPABILITY", "default")


def _keep_client_quiet() -> None:
    """Settings of huggingface_hub, which count only before its first import."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # Fixtures are small: plain uploads serve, and keep no cache of chunks in the home directory.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")


def _build(options: argparse.Namespace) -> int:
    from tiny_models.request.request import read_request

    fixtures = read_request(options.request)
    from tiny_models.request.source_import import put_roots_first

    put_roots_first(fixtures)
    from tiny_models.fixture.build import Built, build_request
    from tiny_models.transformers_api.process import prepare

    prepare()

    def report(built: Built, number: int, total: int) -> None:
        if not options.quiet:
            what = "kept" if built.record is None else f"built in {built.seconds:.1f} s"
            print(f"[{number}/{total}] {built.plan.title}: {what}", file=sys.stderr)

    def report_problem(problem: ToolError) -> None:
        print(problem.render(), file=sys.stderr)

    outcome = build_request(fixtures, options.output, report, report_problem)
    if options.record:
        records = {each.plan.path: each.record for each in outcome.built if each.record is not None}
        record = json.dumps({"schema": 1, "fixtures": records}, indent=1, sort_keys=True)
        write_text(options.record, record + "\n")
    for each in outcome.built:
        print(each.directory)
    return max((ExitCode.DONE, *(problem.exit_code for problem in outcome.problems)))


def _verify(options: argparse.Namespace) -> int:
    from tiny_models.core.errors import CheckFailed

    try:
        manifest, record = _verified(options.directory, options.static, options.modules)
    except CheckFailed as problem:
        if options.json:
            print(json.dumps({"schema": 1, "ok": False, "problem": problem.render()}))
        raise
    if options.json:
        answer = {"schema": 1, "ok": True, "address": manifest.address, "record": record}
        print(json.dumps(answer, indent=1, sort_keys=True))
    else:
        _print_verified(options.directory, manifest, options.static)
    return ExitCode.DONE


def _verified(directory: str, static: bool, modules: list[str]) -> tuple[Any, dict[str, Any]]:
    """The manifest and the record of an intact fixture. Nothing is loaded before it is intact."""
    from tiny_models.fixture.integrity import verify_integrity

    manifest = verify_integrity(directory)
    if static:
        return manifest, {}
    from tiny_models.fixture.verification import verify_running
    from tiny_models.transformers_api.process import prepare

    prepare()
    return manifest, verify_running(directory, manifest, modules)


def _print_verified(directory: str, manifest: Any, static: bool) -> None:
    how = "intact" if static else "intact, loads and runs"
    print(f"{directory}: {manifest.architecture} of {manifest.address} is {how}")


def _run(options: argparse.Namespace) -> int:
    from pathlib import Path

    from tiny_models.fixture.locate import find_fixtures
    from tiny_models.runtime.run import run_command

    if options.run_command:
        return run_command(options.directories, options.run_command)
    for fixture in find_fixtures(map(Path, options.directories)):
        directory = str(fixture.directory)
        manifest, _ = _verified(directory, False, options.modules)
        _print_verified(directory, manifest, False)
    return ExitCode.DONE


def _publish(options: argparse.Namespace) -> int:
    from tiny_models.hub import report as publish_report
    from tiny_models.hub.publish import PublishRequest, publish

    request = PublishRequest(
        options.directory,
        options.repo_id,
        endpoint=options.endpoint,
        branch=options.revision,
        private=options.private,
        dry_run=options.dry_run,
    )
    outcome = publish(
        request, lambda text: print(f"{request.repo_id}: {text}", file=sys.stderr, flush=True)
    )
    render = publish_report.as_json if options.json else publish_report.as_text
    print(render(outcome), end="", flush=True)
    return ExitCode.DONE


def _architectures(options: argparse.Namespace) -> int:
    from tiny_models.transformers_api.auto_mappings import architectures_in
    from toolkit.errors import InputError

    try:
        with open(options.auto_file, encoding="utf-8") as file:
            source = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot be read: {error}", place=options.auto_file, hint="check the path"
        ) from error
    for name in architectures_in(source, options.model_type, path=options.auto_file):
        print(name)
    return ExitCode.DONE


def _companions(options: argparse.Namespace) -> int:
    from tiny_models.transformers_api.class_files import companion_files

    print(json.dumps(companion_files(Path(options.models)), indent=1))
    return ExitCode.DONE


def _coverage(options: argparse.Namespace) -> int:
    from tiny_models.coverage import report as coverage_report
    from tiny_models.coverage import run as coverage
    from tiny_models.transformers_api.process import prepare

    prepare()
    seen = 0

    def report(result: coverage.Result) -> None:
        nonlocal seen
        seen += 1
        if not options.quiet and (seen % 50 == 0 or not result.ok):
            text = f"[{seen}] {result.architecture}: {result.reached} {result.cause}".rstrip()
            print(text, file=sys.stderr)

    results = coverage.run(
        options.classes, build_only=options.build_only, jobs=options.jobs, report=report
    )
    if options.json:
        print(coverage_report.as_json(results))
    elif options.markdown:
        print(coverage_report.as_markdown(results), end="")
    else:
        print(coverage_report.as_text(results), end="")
    share = 100 * sum(each.ok for each in results) / max(1, len(results))
    return ExitCode.DONE if share >= options.require else ExitCode.ANSWER_IS_NO
