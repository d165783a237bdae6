"""Options that several commands have."""

from __future__ import annotations

import argparse


def add_limits(parser: argparse.ArgumentParser) -> None:
    """``--max-regression``, which :mod:`gpu_bench.judge.limits` reads."""
    parser.add_argument(
        "--max-regression",
        metavar="[METRIC=]SHARE",
        action="append",
        default=[],
        help="how much worse a metric may get, e.g. 3%% or peak_allocated=1%% (repeatable)",
    )


def add_per_card(parser: argparse.ArgumentParser) -> None:
    """``--per-card``, which binds a baseline to its card."""
    parser.add_argument(
        "--per-card",
        action="store_true",
        help="baselines are those of one card, not of all cards of its kind",
    )


def add_directories(parser: argparse.ArgumentParser) -> None:
    """Where results are searched for, and where to write."""
    parser.add_argument("directories", metavar="DIR", nargs="+", help="searched for results")
    parser.add_argument("--output", metavar="DIR", required=True, help="directory to write")
