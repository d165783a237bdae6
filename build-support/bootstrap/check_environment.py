"""Checks whether an environment still is what was installed: `check_environment.py DIRECTORY`.

Exits 0 if so, and otherwise 1 with one line that names the first difference. Sizes are compared,
not contents: that finds deleted and truncated files in a fraction of the time.
"""

import json
import os
import sys

COMPLETE = "complete"
_MANIFEST = "manifest.json"


def write_manifest(directory):
    """Records the files below DIRECTORY/venv with their sizes; bytecode may be written later."""
    files = {}
    for parent, names, leaves in os.walk(os.path.join(directory, "venv")):
        names[:] = [name for name in names if name != "__pycache__"]
        for leaf in leaves:
            path = os.path.join(parent, leaf)
            files[os.path.relpath(path, directory)] = _size(path)
    with open(os.path.join(directory, _MANIFEST), "w") as handle:
        json.dump(files, handle)
        handle.flush()
        os.fsync(handle.fileno())


def first_difference(directory):
    """Returns what differs from the manifest, in words, or None."""
    try:
        with open(os.path.join(directory, _MANIFEST)) as handle:
            files = json.load(handle)
    except (OSError, ValueError) as error:
        return "{}: {}".format(_MANIFEST, error)
    for name, size in files.items():
        try:
            found = _size(os.path.join(directory, name))
        except OSError as error:
            return "{}: {}".format(name, error.strerror)
        if found != size:
            return "{}: {} bytes instead of {}".format(name, found, size)
    return None


def _size(path):
    # A link's target lies outside (the base interpreter) and may be updated in place.
    return -1 if os.path.islink(path) and os.stat(path) else os.stat(path).st_size


def main():
    difference = first_difference(sys.argv[1])
    if difference is None:
        return 0
    print(
        "pants: the environment {} is damaged ({})".format(sys.argv[1], difference),
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
