"""The private environment: a virtual environment with the pinned Pants.

Each attempt to build one works in a directory of its own and never in one that another process
can see as finished. So whatever ends an attempt, and whatever a child that outlived it still
writes, leaves nothing but a directory to sweep up.
"""

import collections
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time

from check_environment import COMPLETE, first_difference, write_manifest
from messages import BootstrapError, say
from pex_binary import pin_of, provide_pex

# Raise when the way of building changes, so that environments built the old way are left.
_RECIPE = 1
_NEEDED_MEGABYTES = 700
_SWEEP_AFTER_SECONDS = 3600

Environment = collections.namedtuple("Environment", ["directory", "python", "client", "pex"])


def environment_key(requirements):
    """Returns the hash of what an environment is made from, as hexadecimal digits."""
    made_from = "\n".join(
        [
            str(_RECIPE),
            sys.implementation.cache_tag,
            sysconfig.get_platform(),
            requirements,
        ]
    )
    return hashlib.sha256(made_from.encode()).hexdigest()[:16]


def find_complete(cache, key):
    """Returns the finished, undamaged environment for `key`, or None.

    A damaged one loses its mark, so that nobody uses it from then on.
    """
    parent = os.path.join(cache, "environments")
    try:
        names = sorted(os.listdir(parent))
    except FileNotFoundError:
        return None
    for name in names:
        directory = os.path.join(parent, name)
        mark = os.path.join(directory, COMPLETE)
        if not name.startswith(key + "-") or not os.path.isfile(mark):
            continue
        difference = first_difference(directory)
        environment = _describe(directory)
        if difference is None and not os.access(environment.python, os.X_OK):
            difference = "its interpreter is gone"
        if difference is None and not os.path.isfile(environment.pex):
            difference = "{} is gone".format(environment.pex)
        if difference is None:
            return environment
        say("the environment {} is damaged ({})".format(directory, difference))
        os.unlink(mark)
    return None


def build(cache, key, requirements_path, requirements):
    """Builds an environment; the caller holds the lock.

    Raises:
        BootstrapError: a package cannot be had or the interpreter lacks a part.
        OSError: the cache cannot be written.
    """
    started = time.time()
    parent = os.path.join(cache, "environments")
    os.makedirs(parent, exist_ok=True)
    _require_space(parent)
    pants_version, _ = pin_of(requirements, "pantsbuild-pants")
    say(
        "building the environment for Pants {} under {} (once, about a minute, 300 MB)".format(
            pants_version, cache
        )
    )
    directory = tempfile.mkdtemp(prefix=key + "-", dir=parent)
    try:
        venv = os.path.join(directory, "venv")
        python = os.path.join(venv, "bin", "python")
        version = ".".join(map(str, sys.version_info[:3]))
        say("[1/3] virtual environment with CPython {} ({})".format(version, sys.executable))
        _run([sys.executable, "-I", "-m", "venv", venv], "the virtual environment cannot be made")

        def pip(*arguments):
            _pip(python, *arguments)

        say("[2/3] Pants {} and what it requires, hashes checked".format(pants_version))
        pip("install", "--no-deps", "--require-hashes", "--no-user",
            "--requirement", requirements_path)  # fmt: skip
        client = _native_client(venv)
        os.chmod(client, os.stat(client).st_mode | stat.S_IXUSR)
        say("[3/3] the pex binary")
        pex = provide_pex(os.path.join(cache, "pex"), requirements, python, pip)
        write_manifest(directory)
        # Last: the mark that makes it an environment.
        _write_durably(os.path.join(directory, COMPLETE), "{}\n{}\n".format(client, pex))
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    say("ready after {:.0f} s".format(time.time() - started))
    return _describe(directory)


def sweep(cache, used):
    """Deletes environments that no workspace uses and what interrupted builds left.

    Args:
        used: the directories that recorded states name.
    """
    limit = time.time() - _SWEEP_AFTER_SECONDS
    for part in ("environments", "pex"):
        parent = os.path.join(cache, part)
        for name in os.listdir(parent) if os.path.isdir(parent) else ():
            directory = os.path.join(parent, name)
            if part == "pex" and not name.startswith("build-"):
                continue
            try:
                old = os.stat(directory).st_mtime < limit
            except OSError:
                continue
            if old and directory not in used:
                shutil.rmtree(directory, ignore_errors=True)


def _describe(directory):
    with open(os.path.join(directory, COMPLETE)) as handle:
        client, pex = handle.read().split("\n")[:2]
    python = os.path.join(directory, "venv", "bin", "python")
    return Environment(directory=directory, python=python, client=client, pex=pex)


def _native_client(venv):
    lib = os.path.join(venv, "lib", "python{}.{}".format(*sys.version_info[:2]))
    return os.path.join(lib, "site-packages", "pants", "bin", "native_client")


def _write_durably(path, text):
    with open(path, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())


def _require_space(directory):
    free = shutil.disk_usage(directory).free // 10**6
    if free < _NEEDED_MEGABYTES:
        raise BootstrapError(
            "{} has {} MB free; building the environment needs {} MB".format(
                directory, free, _NEEDED_MEGABYTES
            ),
            "make room, or set XDG_CACHE_HOME to a directory with room",
        )


def _pip(python, *arguments):
    _run(
        [python, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", "-q"]
        + list(arguments),
        "pip could not get the pinned packages",
    )


def _run(command, failure):
    environment = dict(os.environ)
    # Where pip installs is decided here; where it finds packages stays the user's matter.
    for name in ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT",
                 "PIP_DRY_RUN", "PIP_REQUIRE_VIRTUALENV", "PIP_QUIET", "PIP_VERBOSE"):  # fmt: skip
        environment.pop(name, None)
    result = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if result.returncode == 0:
        return
    output = "\n".join("  " + line for line in result.stdout.rstrip().split("\n")[-15:])
    if "No space left on device" in result.stdout:
        hint = "make room, or set XDG_CACHE_HOME to a directory with room"
    else:
        hint = "see whether pip reaches its index (`pip config list` shows which), then run ./pants again"
    raise BootstrapError("{}\n{}".format(failure, output), hint)
