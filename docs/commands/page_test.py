"""What a page has its reader do and see."""

from __future__ import annotations

from pathlib import Path

import pytest
from docs.commands.page import Commands, Printed, WrittenFile, blocks, run_by

_PAGE = """
<!-- run by a_test.py -->
```sh
pants test ::  # all
pants lint \\
  ::
```

<!-- prints -->
```text
✓ a succeeded in …s.
2 …
```

<!-- file: a/BUILD -->
```python
files()
```

<!-- not run: for no reason -->
```sh
pants fmt ::
```

```text
not shown
```
"""


def test_blocks_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text(_PAGE)
    own = Commands("a.md", 3, "run by a_test.py", ("pants test ::  # all", "pants lint ::"))
    printed = Printed(("✓ a succeeded in …s.", "2 …"))
    written = WrittenFile("a/BUILD", "files()\n")
    others = Commands("a.md", 21, "not run: for no reason", ("pants fmt ::",))
    assert blocks(page, tmp_path) == [own, printed, written, others]
    assert run_by(page, tmp_path, "a_test.py") == [own, printed, written]


@pytest.mark.parametrize(
    ("output", "missing"),
    [
        ("before\n✓ a succeeded in 3.4s.\nbetween\n2 things\n", ""),
        ("✓ a succeeded in 3.4s.\n", "2 …"),
        ("2 things\n✓ a succeeded in 3.4s.\n", "2 …"),
        ("and ✓ a succeeded in 3.4s.\n2 things\n", "✓ a succeeded in …s."),
        ("✓ a succeeded in 3\ns.\n2 things\n", "✓ a succeeded in …s."),
    ],
)
def test_what_is_shown_is_looked_for_in_order(output: str, missing: str) -> None:
    assert Printed(("✓ a succeeded in …s.", "2 …")).missing_in(output) == missing
