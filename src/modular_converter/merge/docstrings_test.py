"""How docstrings are joined, as transformers' converter did it up to 4.53."""

from __future__ import annotations

import pytest

from modular_converter.merge.docstrings import merged_docstring

_PARENT = '''r"""
        labels (`int`):
            What is right.

        Example:

        ```python
        >>> 1
        ```"""'''
_ARGUMENTS = '"""\n        size (`int`):\n            Its size.\n        """'


def _with_example(above: str) -> str:
    return f'"""\n        {above}\n\n        ```python\n        >>> 2\n        ```"""'


@pytest.mark.parametrize(("mode", "times"), [("merged", 1), ("appended", 2)])
def test_an_example_replaces_that_of_the_parent(mode: str, times: int) -> None:
    merged = merged_docstring(_PARENT, _with_example("Example:"), mode)
    assert merged.startswith(_PARENT[: _PARENT.index("```")].rstrip())
    assert merged.count("Example:") == times
    assert merged.endswith("```python\n        >>> 2\n        ```" + '"""')
    assert ">>> 1" not in merged


def test_what_describes_arguments_stands_alone() -> None:
    assert merged_docstring(_PARENT, _ARGUMENTS, "merged") == _ARGUMENTS
    with_heading = _PARENT.replace("        labels", "        Args:\n        labels")
    assert "What is right." in merged_docstring(with_heading, _ARGUMENTS, "merged")


def test_nothing_is_said_twice() -> None:
    assert merged_docstring('"""One. Two."""', "Two.", "merged") == "Two."
    assert merged_docstring('"""One."""', '"""Two."""', "merged") == '"""One.\nTwo."""'


def test_further_examples_of_the_parent_stay() -> None:
    parent = _PARENT.removesuffix('"""') + '\n        ```\n        >>> 3\n        ```"""'
    merged = merged_docstring(parent, _with_example("Example:"), "merged")
    assert ">>> 3" in merged
    assert merged.endswith('"""')
