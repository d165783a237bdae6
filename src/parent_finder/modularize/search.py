"""The shortest modular file that converts back to the originals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from parent_finder.modularize.draft import Choice, Draft, PieceKey
from parent_finder.modularize.mending import Mending
from parent_finder.modularize.progress import Progress
from parent_finder.modularize.shortening import Shortening
from parent_finder.modularize.workbench import Workbench


def search(
    bench: Workbench,
    draft: Draft,
    modules: Mapping[str, str],
    offered: Mapping[PieceKey, Sequence[Choice]],
    helpers: Mapping[str, str],
    conditions: Mapping[str, frozenset[str]],
    headers: Sequence[str],
) -> Progress:
    """From a first draft to the shortest one that gives the originals back, or is near it.

    ``modules`` are the parents' with their paths, ``offered`` all children of each class,
    ``helpers`` the modules of other models that have a helper function, by its name,
    ``conditions`` the names in the conditions of each offered module's imports, ``headers`` what
    may stand above the imports.

    Leaving copies out first can lead to a dead end: then the same is done without.
    """
    progress = Progress.begin(bench, draft)
    mending = Mending(progress, modules, offered, conditions, headers)
    shortening = Shortening(progress, modules, offered, helpers)
    mending.mend_header()
    start = progress.draft, progress.verdict
    shortening.leave_out_copies()
    _fix_and_shorten(mending, shortening)
    if progress.verdict.differences:
        first = progress.draft, progress.verdict
        progress.draft, progress.verdict = start
        _fix_and_shorten(mending, shortening)
        if first[1].differences <= progress.verdict.differences:
            progress.draft, progress.verdict = first
    return progress


def _fix_and_shorten(mending: Mending, shortening: Shortening) -> None:
    mending.mend_header()
    mending.mend_pieces()
    if mending.progress.verdict.problem is not None:
        return
    shortening.leave_out_more()
    if mending.progress.verdict.differences:
        mending.mend_pieces()
    mending.mend_imports()
    shortening.drop_imports()
    shortening.inherit_to_import_less()
    mending.mend_header()
