"""The recorded state: what ./pants reads on each start instead of finding it out again.

Lines of KEY=VALUE. A value of several lines is written as several lines with the same key. There
is one file per workspace, at the workspace's own path below the cache's `launch` directory.
"""

import os
import subprocess
import tempfile

_NAME = "launch.state"


def checksums(paths):
    """Returns what `cksum` prints for those of `paths` that can be read.

    ./pants runs the same command on the same paths and compares.
    """
    result = subprocess.run(
        ["cksum"] + paths,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        universal_newlines=True,
    )
    return result.stdout


def render(fields):
    """Returns the text of a state: `fields` is a list of (key, value)."""
    lines = []
    for key, value in fields:
        text = value[:-1] if value.endswith("\n") else value
        lines.extend("{}={}\n".format(key, line) for line in text.split("\n"))
    return "".join(lines)


def write(path, text):
    """Writes a state atomically, readable by its user only: index URLs may carry passwords.

    Raises:
        OSError: it cannot be written.
    """
    directory = os.path.dirname(path)
    os.makedirs(directory, exist_ok=True)
    descriptor, staging = tempfile.mkstemp(dir=directory)
    try:
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
        os.replace(staging, path)
    except BaseException:
        os.unlink(staging)
        raise


def used_environments(cache):
    """Returns the environments that states of existing workspaces name; deletes other states."""
    top = os.path.join(cache, "launch")
    used = set()
    for directory, _, names in os.walk(top):
        if _NAME not in names:
            continue
        path = os.path.join(directory, _NAME)
        if not os.path.exists(os.path.join("/", os.path.relpath(directory, top), "pants")):
            os.unlink(path)
            continue
        with open(path) as handle:
            for line in handle:
                if line.startswith("python="):
                    used.add(line[len("python=") :].split("/venv/bin/")[0])
    return used
