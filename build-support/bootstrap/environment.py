"""The private environment: a virtual environment with the pinned Pants.

Each attempt to build one works in a directory of its own below `builds`, and a finished one is
put in place by a link, `environments/KEY`. So whatever ends an attempt, and whatever a child that
outlived it still writes, leaves nothing but a directory to sweep up. It is used through the link
only: the path of Pants' interpreter enters the key of Python processes that Pants caches, and must
stay the same when the environment is built again.
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
from pex_binary import pin_of
from pip_settings import install_environment, read_pip_options

# Raise when the way of building changes, so that environments built the old way are left.
_RECIPE = 1
_NEEDED_MEGABYTES = 450
_SWEEP_AFTER_SECONDS = 3600
_BUILDS = "builds"
_LINKS = "environments"

Environment = collections.namedtuple("Environment", ["directory", "python", "client"])


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
    directory = _link(cache, key)
    mark = os.path.join(directory, COMPLETE)
    if not os.path.isfile(mark):
        return None
    difference = first_difference(directory)
    found = _describe(directory)
    if difference is None and not os.access(found.python, os.X_OK):
        difference = "its interpreter is gone"
    if difference is None:
        return found
    say("the environment {} is damaged ({})".format(directory, difference))
    os.unlink(mark)
    return None


def build(cache, key, requirements_path, requirements):
    """Builds an environment; the caller holds the lock.

    Raises:
        BootstrapError: a package cannot be had or the interpreter lacks a part.
        OSError: the cache cannot be written.
    """
    parent = os.path.join(cache, _BUILDS)
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
        say("virtual environment with CPython {} ({})".format(version, sys.executable))
        _run([sys.executable, "-I", "-m", "venv", venv], "the virtual environment cannot be made")
        say("Pants {} and what it requires, hashes checked".format(pants_version))
        run_pip(python, "install", "--no-deps", "--require-hashes", "--no-user",
                "--requirement", requirements_path)  # fmt: skip
        client = _native_client(directory)
        os.chmod(client, os.stat(client).st_mode | stat.S_IXUSR)
        write_manifest(directory)
        # The mark makes it an environment, and the link puts it in place; so they come last.
        with open(os.path.join(directory, COMPLETE), "w"):
            pass
        _put_in_place(directory, _link(cache, key))
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return _describe(_link(cache, key))


def sweep(cache, used):
    """Deletes what interrupted builds left, and environments that no workspace uses any more.

    The caller holds the lock, so an environment without its mark is nobody's.

    Args:
        used: the directories that recorded states name.
    """
    # A start elsewhere may have finished building and not yet recorded its state.
    limit = time.time() - _SWEEP_AFTER_SECONDS
    kept = set()
    for name in _names(os.path.join(cache, _LINKS)):
        link = _link(cache, name)
        mark = os.path.join(link, COMPLETE)
        if os.path.exists(mark) and (link in used or os.stat(mark).st_mtime > limit):
            kept.add(os.path.basename(os.readlink(link)))
        else:
            os.unlink(link)
    for name in _names(os.path.join(cache, _BUILDS)):
        if name not in kept:
            shutil.rmtree(os.path.join(cache, _BUILDS, name), ignore_errors=True)


def _names(directory):
    try:
        return os.listdir(directory)
    except FileNotFoundError:
        return []


def _link(cache, key):
    return os.path.join(cache, _LINKS, key)


def _put_in_place(directory, link):
    os.makedirs(os.path.dirname(link), exist_ok=True)
    staging = directory + ".link"
    os.symlink(os.path.join("..", _BUILDS, os.path.basename(directory)), staging)
    os.replace(staging, link)


def _describe(directory):
    python = os.path.join(directory, "venv", "bin", "python")
    return Environment(directory=directory, python=python, client=_native_client(directory))


def _native_client(directory):
    lib = os.path.join(directory, "venv", "lib", "python{}.{}".format(*sys.version_info[:2]))
    return os.path.join(lib, "site-packages", "pants", "bin", "native_client")


def _require_space(directory):
    free = shutil.disk_usage(directory).free // 10**6
    if free < _NEEDED_MEGABYTES:
        raise BootstrapError(
            "{} has {} MB free; building the environment needs {} MB".format(
                directory, free, _NEEDED_MEGABYTES
            ),
            "make room, or set XDG_CACHE_HOME to a directory with room",
        )


def run_pip(python, *arguments):
    """Runs pip of the environment with `python`; raises BootstrapError if it fails."""
    options = read_pip_options(python)
    _run(
        [python, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "-q", "-q"]
        + list(arguments),
        "pip could not get the pinned packages",
        install_environment(options, os.environ),
    )


def _run(command, failure, environment=None):
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
        hint = "`pip config list` shows the index that pip asks; run ./pants again when it answers"
    raise BootstrapError("{}\n{}".format(failure, output), hint)
