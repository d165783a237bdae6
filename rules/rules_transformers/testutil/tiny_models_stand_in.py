"""What a stand-in for the builder of fixtures begins with, so that it need only know `build`.

It is called as the real one is: with `build REQUEST --output DIRECTORY`, in the directory of a
member of the group. This module imports nothing, as tests outside of Pants use it too.
"""

SERVES_FIXTURE_GROUPS = """
import json
import os
import pathlib
import subprocess
import sys

if sys.argv[1] == "group":
    options = dict(a[2:].split("=") for a in sys.argv[2:] if a.startswith("--"))
    results = []
    members = [a for a in sys.argv[2:] if not a.startswith("--")]
    shared = [{}] * len(members)
    if "shared" in options:
        shared = json.loads(pathlib.Path(options["shared"]).read_text())["members"]
    for directory, files in zip(members, shared):
        for source, paths in files.items():
            for path in paths:
                pathlib.Path(directory, path).parent.mkdir(parents=True, exist_ok=True)
                os.link(pathlib.Path(source, path), pathlib.Path(directory, path))
    for directory in members:
        program = [sys.executable, os.path.abspath(sys.argv[0])]
        run = subprocess.run(
            [*program, "build", options["request"], "--output", options["output"]],
            cwd=directory,
            stderr=subprocess.PIPE,
            text=True,
        )
        pathlib.Path(directory, options["output"]).mkdir(parents=True, exist_ok=True)
        results.append({"exit_code": run.returncode, "messages": run.stderr})
    pathlib.Path(options["results"]).write_text(json.dumps({"members": results}))
    sys.exit(3 if all(result["exit_code"] == 3 for result in results) else 0)
"""
