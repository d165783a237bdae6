"""The command `publish`."""

from __future__ import annotations

import argparse
import sys

from toolkit.exit_codes import ExitCode

HELP = "upload a fixture to a repository of a model hub"
DESCRIPTION = (
    "Makes the repository hold the fixture, by one commit, and prints the revision to pin; prints "
    "`unchanged` where it holds it already. The token is that of HF_TOKEN or of the file that "
    "HF_TOKEN_PATH names."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("directory", metavar="DIR", help="directory of a fixture")
    parser.add_argument(
        "--repo-id", metavar="OWNER/NAME", required=True, help="made where there is none"
    )
    parser.add_argument("--endpoint", metavar="URL", help="default: HF_ENDPOINT, or the public hub")
    parser.add_argument(
        "--revision", metavar="BRANCH", default="main", help="branch to commit to (default: main)"
    )
    parser.add_argument(
        "--private", action="store_true", help="if the repository is made, make it private"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would change; write nothing there"
    )
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")


def run(options: argparse.Namespace) -> int:
    """Publishes the fixture and prints the outcome."""
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
