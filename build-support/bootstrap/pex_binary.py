"""The pex binary that Pants runs, built from pex's distribution on the package index.

Pants would fetch it from a release page, which many networks cannot reach. Its digest enters the
key of each process that Pants caches, so the build is reproducible: the same bytes from every
supported interpreter on every machine.
"""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
import zipfile

from messages import BootstrapError

# Digest and size of the binary by pex version, as this module builds it.
_EXPECTED = {
    "2.1.137": ("f231fbfc0fb924debc71382b8fc8fc4d4f142b9ab7ca13962dff062fb752b06f", 11522825),
}
_SHEBANG = "/usr/bin/env python3"
_PLATFORMS = ("linux_x86_64", "linux_arm64", "macos_x86_64", "macos_arm64")


def pin_of(requirements, name):
    """Returns (version, text of the requirement with its hashes) of `name`."""
    match = re.search(
        r"^{}==(\S+)((?:.*\\\n)*.*)$".format(re.escape(name)), requirements, re.MULTILINE
    )
    return match.group(1), match.group(0)


def pex_directory(cache):
    """Returns where binaries lie: below `cache`, unless Pants could not open them there.

    Pants opens the path of a file: URL as it stands in the URL, where a space, a brace or a
    letter outside ASCII is written in another way.
    """
    directory = os.path.join(os.path.abspath(cache), "pex")
    if re.match(r"^[A-Za-z0-9/._~+@=:,-]*$", directory):
        return directory
    return "/var/tmp/rules_transformers-{}/pex".format(os.getuid())


def find_pex(directory, requirements):
    """Returns the path of the intact binary that `requirements` pins, or None."""
    version, _ = pin_of(requirements, "pex")
    try:
        digests = sorted(os.listdir(directory))
    except FileNotFoundError:
        return None
    expected = _EXPECTED.get(version)
    for digest in digests:
        path = _path(directory, version, digest)
        if (expected is None or digest == expected[0]) and digest_and_size(path)[0] == digest:
            return path
    return None


def build_pex(directory, requirements, python, pip):
    """Builds the binary that `requirements` pins, and returns its path below `directory`.

    The caller holds the lock.

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
    os.makedirs(directory, mode=0o700, exist_ok=True)
    for name in os.listdir(directory):
        if name.startswith("build-"):
            # An interrupted build left it, for the caller holds the lock.
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)
    staging = tempfile.mkdtemp(prefix="build-", dir=directory)
    try:
        built = _build(staging, version, requirement, python, pip)
        found = digest_and_size(built)
        if found != _EXPECTED.get(version, found):
            raise BootstrapError(
                "pex {} built here has sha256 {} ({} bytes), expected {} ({} bytes)".format(
                    version, *(found + _EXPECTED[version])
                ),
                "run ./pants again; if it stays so, report it with the interpreter's version",
            )
        path = _path(directory, version, found[0])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.replace(built, path)
        return path
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def pex_options(path):
    """Returns the values of [pex-cli].version, url_template and known_versions for Pants.

    Args:
        path: as `find_pex` and `build_pex` return it.
    """
    directory, name = os.path.split(path)
    tag = name.replace("pex-", "v", 1)
    digest = os.path.basename(directory)
    size = os.path.getsize(path)
    known = ["{}|{}|{}|{}".format(tag, platform, digest, size) for platform in _PLATFORMS]
    return tag, "file://" + path, repr(known)


def digest_and_size(path):
    """Returns the sha256 and the size of a file, or (None, None) if it cannot be read."""
    try:
        with open(path, "rb") as handle:
            content = handle.read()
    except OSError:
        return None, None
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
               "--disable-cache", "--python-shebang", _SHEBANG,
               "--output-file", output]  # fmt: skip
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PEX_", "PIP_", "PYTHON"))
    }
    # pex isolates its pip from variables, not from the machine's configuration file.
    environment["PIP_CONFIG_FILE"] = os.devnull
    result = subprocess.run(
        command,
        cwd=sources,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if result.returncode != 0:
        raise BootstrapError(
            "pex {} could not be built\n{}".format(version, result.stdout.rstrip()),
            "see the lines above; they are pex's own",
        )
    return _with_fixed_permissions(output, os.path.join(staging, "binary"))


def _with_fixed_permissions(source, target):
    """Copies a PEX; the permissions in it otherwise follow the umask and the file system."""
    with zipfile.ZipFile(source) as built, open(target, "wb") as output:
        output.write("#!{}\n".format(_SHEBANG).encode())
        with zipfile.ZipFile(output, "w", zipfile.ZIP_STORED) as archive:
            for entry in sorted(built.namelist()):
                if entry.endswith("/"):
                    mode = stat.S_IFDIR | 0o755
                else:
                    mode = stat.S_IFREG | (0o755 if entry == "__main__.py" else 0o644)
                info = zipfile.ZipInfo(entry, (1980, 1, 1, 0, 0, 0))
                info.external_attr = mode << 16
                archive.writestr(info, built.read(entry))
    os.chmod(target, 0o755)
    return target
