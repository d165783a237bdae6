"""The pex binary that Pants runs, built from pex's distribution on the package index.

Pants would fetch it from a release page, which many networks cannot reach. Its digest enters the
key of each process that Pants caches, so the build is reproducible: the same bytes from every
supported interpreter on every machine.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from urllib.request import pathname2url

from messages import BootstrapError, note

# Digest and size of the binary by pex version, as this module builds it.
_EXPECTED = {
    "2.1.137": ("59084144a3ee088bdf0ad39e7096f52bab15e9cc77b2a77bb11e1cbc10cd6007", 11522825),
}
_PLATFORMS = ("linux_x86_64", "linux_arm64", "macos_x86_64", "macos_arm64")


def pin_of(requirements, name):
    """Returns (version, text of the requirement with its hashes) of `name`."""
    match = re.search(
        r"^{}==(\S+)((?:.*\\\n)*.*)$".format(re.escape(name)), requirements, re.MULTILINE
    )
    return match.group(1), match.group(0)


def provide_pex(directory, requirements, python, pip):
    """Returns the path of the pex binary below `directory`, building it if it is not there.

    Args:
        directory: where binaries lie, each in a folder named by its digest.
        requirements: the text of the requirements file that pins pex.
        python: the interpreter that builds.
        pip: called with pip's arguments; raises BootstrapError if pip fails.

    Raises:
        BootstrapError: the binary cannot be built.
        OSError: it cannot be written.
    """
    version, requirement = pin_of(requirements, "pex")
    expected = _EXPECTED.get(version)
    if expected is not None:
        path = _path(directory, version, expected[0])
        if digest_and_size(path) == expected:
            return path
    os.makedirs(directory, exist_ok=True)
    staging = tempfile.mkdtemp(prefix="build-", dir=directory)
    try:
        built = _build(staging, version, requirement, python, pip)
        found = digest_and_size(built)
        if found != expected:
            note(
                "the pex binary built here is {} ({} bytes), not {}".format(
                    found[0], found[1], expected
                ),
                "Pants works, but shares no cached Python processes with other machines",
            )
        path = _path(directory, version, found[0])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.rename(built, path)
        return path
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def pex_options(path, version):
    """Returns the values of [pex-cli].version, url_template and known_versions for Pants."""
    digest, size = digest_and_size(path)
    tag = "v" + version
    known = ["{}|{}|{}|{}".format(tag, platform, digest, size) for platform in _PLATFORMS]
    # Quoting also keeps braces out of what Pants formats as a template.
    return tag, "file://" + pathname2url(path), repr(known)


def digest_and_size(path):
    """Returns the sha256 and the size of a file, or None if there is no such file."""
    try:
        with open(path, "rb") as handle:
            content = handle.read()
    except FileNotFoundError:
        return None
    return hashlib.sha256(content).hexdigest(), len(content)


def _path(directory, version, digest):
    return os.path.join(directory, digest, "pex-{}".format(version))


def _build(staging, version, requirement, python, pip):
    pinned = os.path.join(staging, "requirements.txt")
    with open(pinned, "w") as handle:
        handle.write(requirement + "\n")
    wheels = os.path.join(staging, "wheels")
    pip("download", "--no-deps", "--only-binary", ":all:", "--require-hashes",
        "--requirement", pinned, "--dest", wheels)  # fmt: skip
    (wheel,) = os.listdir(wheels)
    wheel = os.path.join(wheels, wheel)
    sources = os.path.join(staging, "sources")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(sources)
    output = os.path.join(staging, "pex")
    # Stored, not deflated: compressors differ from machine to machine. --no-strip-pex-env keeps
    # the PEX_ROOT that Pants sets, and so pex's cache in Pants' own.
    command = [python, "-E", "-s", "-m", "pex", wheel, "--intransitive", "--no-pypi",
               "--script", "pex", "--no-strip-pex-env", "--no-compile", "--no-compress",
               "--disable-cache", "--python-shebang", "/usr/bin/env python3",
               "--output-file", output]  # fmt: skip
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PEX_", "PIP_", "PYTHON"))
    }
    # The permissions of the files go into the binary.
    umask = os.umask(0o022)
    try:
        result = subprocess.run(
            command,
            cwd=sources,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
    finally:
        os.umask(umask)
    if result.returncode != 0:
        raise BootstrapError(
            "pex {} could not be built\n{}".format(version, result.stdout.rstrip()),
            "see the lines above; they are pex's own",
        )
    return output
