"""Where the releases of transformers lie that tests convert."""

from __future__ import annotations

import os

from modular_converter.conformance.comparison import Comparison
from modular_converter.conformance.kinds import grouped
from modular_converter.conformance.release import Release, find_release
from modular_converter.conventions import profiles

NEWEST = profiles.TESTED[-1]
# Where a test target's dependency lays a release out, relative to the working directory.
_CORPORA = "corpus"
# Shipped up to 4.57 with the banner of a modular file that does not define its class.
LEFT_OVER = frozenset({"transformers/models/zamba2/configuration_zamba2.py"})


def corpus(version: str) -> Release:
    """A release that a `transformers_corpus` target has laid out, else the installed one.

    Raises LookupError when neither is this version.
    """
    root = os.path.abspath(os.path.join(_CORPORA, version))
    release = find_release(root if os.path.isdir(root) else None, "")
    if release.version != version:
        raise LookupError(f"{release.root} holds transformers {release.version}, not {version}")
    return release


def assert_identical(comparison: Comparison, release: Release, missing: frozenset[str]) -> None:
    """Fails, with an example of each kind of difference, unless all but ``missing`` is identical.

    :param missing: labels of files that the release ships though no modular file generates them.
    """
    different = [miss for miss in comparison.misses if release.label(miss.path) not in missing]
    examples = [
        "\n".join([group.kind, *(release.label(miss.path) for miss in group.misses), group.example])
        for group in grouped(different)
    ]
    assert not different, "\n".join([comparison.score, *examples])
    assert comparison.identical.total() > 0
    errors = [finding for finding in comparison.findings if finding.severity == "error"]
    assert not errors
