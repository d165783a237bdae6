"""The settings that the guide gives, as the tests' machines have them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.end_to_end.workspace import Workspace

# The files of the guide.
DEVELOPER = "pants.toml"
CI = "pants.ci.toml"

_GUIDE = Path("docs/remote-cache.md").absolute()
_BLOCK = re.compile(r"^`([\w.]+)`[^\n]*:\n\n```toml\n(.*?)```$", re.MULTILINE | re.DOTALL)
_ADDRESS = "grpcs://cache.example.org:443"
_INTERPRETERS = "/usr/bin/python3.11"


def with_settings(workspace: Workspace, address: str, role: str) -> dict[str, str]:
    """Writes the guide's settings into a workspace; the variables by which Pants reads them.

    :param address: of the server, in place of the example's.
    :param role: `DEVELOPER`, or `CI` for what comes on top of that.
    """
    blocks = dict(_BLOCK.findall(_GUIDE.read_text()))
    # This test's own interpreter, as it is not everywhere in the guide's place.
    python = str(Path(sys.executable).resolve())
    team = blocks[DEVELOPER].replace(_ADDRESS, address).replace(_INTERPRETERS, python)
    assert address in team and python in team
    workspace.write({"team.toml": team, CI: blocks[CI]})
    files = ["team.toml"] if role == DEVELOPER else ["team.toml", CI]
    return {"PANTS_CONFIG_FILES": f"+{files}"}
