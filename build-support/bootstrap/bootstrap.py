"""The slow part of ./pants: makes what is missing and prints the state that ./pants then reads.

Runs on CPython 3.9, which becomes the base of the environment. Exit codes: 0 done,
3 the environment lacks something, 130 interrupted.
"""

import argparse
import functools
import os
import re
import sys
import time

import environment
import launch_state
import pex_binary
import pip_settings
import torch_build
from exclusive import exclusive
from messages import BootstrapError, say

_HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    arguments = _parse(sys.argv[1:])
    try:
        sys.stdout.write(_prepare(arguments))
    except BootstrapError as error:
        print(error, file=sys.stderr)
        return 3
    except OSError as error:
        place = error.filename or arguments.cache
        failure = BootstrapError(
            "cannot prepare Pants: {}: {}".format(place, error.strerror),
            "make {} writable, or set XDG_CACHE_HOME to a directory that is".format(
                arguments.cache
            ),
        )
        print(failure, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        say("interrupted; the next start begins again")
        return 130
    return 0


def _parse(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    for name, meaning in (
        ("cache", "directory of all that is kept"),
        ("state", "file for the state"),
        ("inputs", "files that the state depends on, one a line"),
        ("environment", "text that the state depends on"),
        ("gpu", "what the accelerator was found by"),
        ("torch", "cuda where there is an accelerator, else cpu; empty if the caller decided"),
        ("root", "the workspace"),
    ):
        parser.add_argument("--" + name, required=True, help=meaning)
    return parser.parse_args(argv)


def _prepare(arguments):
    settings_file = os.path.join(arguments.root, "pants.toml")
    requirements_path = _requirements_path(settings_file)
    with open(requirements_path) as handle:
        requirements = handle.read()
    ready, pex = _ready(arguments.cache, requirements_path, requirements)

    # The checksums come first: a file that changes after them makes the next start look again.
    locks = os.path.join(arguments.root, "3rdparty", "python")
    cpu_lock = os.path.join(locks, "ml-cpu.lock")
    vision_lock = os.path.join(locks, "ml-cpu-vision.lock")
    watched = [*pip_settings.configuration_files(ready.python), cpu_lock, vision_lock]
    watched.append(settings_file)
    inputs = arguments.inputs.split("\n")[:-1]
    sums = launch_state.checksums(inputs + watched)
    auto_torch = arguments.torch
    if auto_torch == "cpu":
        auto_torch = torch_build.choose(ready.python, cpu_lock, vision_lock)
    options = pip_settings.read_pip_options(ready.python)
    settings = pip_settings.translate(options, os.environ, arguments.root)

    tag, url, known = pex_binary.pex_options(pex)
    fields = [
        ("mode", "environment"),
        ("python", ready.python),
        ("program", ready.client),
        ("environment", arguments.environment),
        ("gpu", arguments.gpu),
        ("auto_torch", auto_torch),
        ("pex", pex),
        ("pex_version", tag),
        ("pex_url", url),
        ("pex_known", known),
        ("indexes", settings.indexes),
        ("find_links", settings.find_links),
        ("ca_certs", settings.ca_certs),
        ("process_environment", settings.process_environment),
        ("sum", sums),
    ]
    fields.extend(("watch", path) for path in watched)
    fields.extend(("pip", "=".join(item)) for item in pip_settings.reach_variables(options).items())
    text = launch_state.render(fields)
    try:
        launch_state.write(arguments.state, text)
    except OSError:
        # A cache that may only be read serves all the same, a second slower on each start.
        pass
    return text


def _requirements_path(settings_file):
    """Returns the file that pins the Pants which the workspace asks for.

    For a version without one it is the file of the usual version. Pants then refuses to run, and
    its message names both versions.
    """
    version = os.environ.get("PANTS_VERSION")
    if not version and os.path.isfile(settings_file):
        with open(settings_file, encoding="utf-8") as handle:
            match = re.search(r"^pants_version *= *[\"']([^\"']*)", handle.read(), re.MULTILINE)
        version = match.group(1) if match else None
    path = os.path.join(_HERE, "requirements-{}.txt".format(version))
    return path if os.path.isfile(path) else os.path.join(_HERE, "requirements.txt")


def _ready(cache, requirements_path, requirements):
    """Returns (environment, path of the pex binary), building what is missing."""
    key = environment.environment_key(requirements)
    binaries = pex_binary.pex_directory(cache)
    ready = environment.find_complete(cache, key)
    pex = pex_binary.find_pex(binaries, requirements)
    if ready is not None and pex is not None:
        return ready, pex
    os.makedirs(cache, exist_ok=True)
    with exclusive(
        os.path.join(cache, "bootstrap"),
        lambda: say("waiting for another start that builds the environment"),
    ):
        started = time.time()
        ready = environment.find_complete(cache, key)
        if ready is None:
            environment.sweep(cache, launch_state.used_environments(cache))
            ready = environment.build(cache, key, requirements_path, requirements)
        pex = pex_binary.find_pex(binaries, requirements)
        if pex is None:
            say("building the pex binary")
            run_pip = functools.partial(environment.run_pip, ready.python)
            pex = pex_binary.build_pex(binaries, requirements, ready.python, run_pip)
        if time.time() - started > 1:
            say("ready after {:.0f} s".format(time.time() - started))
    return ready, pex


if __name__ == "__main__":
    sys.exit(main())
