"""Starts Pants, and waits for its daemon as long as a busy machine needs.

    start_pants.py PANTS [ARGUMENT…]

Pants gives its daemon a minute. After that it ends with a traceback, while the daemon goes on
starting; the next run does not know of it and starts another one, and each ends the other. Here a
daemon is known from its first moment, is waited for while it lives, and is ended before a run does
without it.

PANTS is the script of the installed Pants, which also starts the daemon.
"""

import os
import sys
import time

from messages import BootstrapError

SECONDS_VARIABLE = "RULES_TRANSFORMERS_DAEMON_SECONDS"
_DEFAULT_SECONDS = 300.0
# How long Pants' own code waits before it is asked again.
_STEP_SECONDS = 60.0


def main():
    try:
        seconds = daemon_seconds(os.environ)
    except BootstrapError as error:
        print(error, file=sys.stderr)
        return 2
    # Neither Pants nor its daemon, which inherits both, is to notice this script.
    del sys.argv[0]
    del sys.path[0]

    from pants.bin import pants_loader, remote_pants_runner

    remote_pants_runner.RemotePantsRunner = patient_runner(seconds)
    return pants_loader.main()


def daemon_seconds(environ):
    """Returns how many seconds to wait for the daemon.

    Raises:
        BootstrapError: the variable has a value that is not a positive number.
    """
    value = environ.get(SECONDS_VARIABLE)
    if not value:
        return _DEFAULT_SECONDS
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise BootstrapError(
            "{} is '{}', expected a positive number of seconds".format(SECONDS_VARIABLE, value),
            "unset {}, or set it to one".format(SECONDS_VARIABLE),
        )
    return seconds


def patient_runner(seconds):
    """Returns the class that runs a command in the daemon, waiting `seconds` for it to start."""
    from pants.bin.remote_pants_runner import RemotePantsRunner
    from pants.pantsd.pants_daemon_client import PantsDaemonClient

    class PatientClient(PantsDaemonClient):
        """Starts the daemon, or finds it."""

        def post_fork_child(self):
            # In a process of its own that ends right after this. The daemon writes its pid
            # itself, but only when it has imported Pants.
            spawn = os.spawnve

            def record_pid(mode, file, args, env):
                self.write_pid(spawn(mode, file, args, env))

            os.spawnve = record_pid
            super().post_fork_child()

        def await_socket(self, timeout):
            deadline = time.time() + seconds
            while True:
                left = deadline - time.time()
                try:
                    return super().await_socket(max(0.0, min(left, _STEP_SECONDS)))
                except self.Timeout:
                    if left <= _STEP_SECONDS or self.is_dead():
                        raise

    class PatientRunner(RemotePantsRunner):
        """Runs a command in the daemon, or asks for it to be run without one."""

        def __init__(self, args, env, options_bootstrapper):
            super().__init__(args, env, options_bootstrapper)
            self._client = PatientClient(self._bootstrap_options)

        def run(self, start_time):
            try:
                return super().run(start_time)
            except PatientClient.Timeout:
                state = "ended before it was ready" if self._client.is_dead() else "is too slow"
                raise self._without_daemon(state) from None
            except PatientClient.NonResponsiveProcess:
                raise self._without_daemon("does not end") from None

        def _without_daemon(self, state):
            with self._client.lifecycle_lock:
                try:
                    self._client.terminate()
                except PatientClient.NonResponsiveProcess:
                    # It was sent SIGKILL, and ends when the machine gets to it.
                    pass
            return DaemonFailed(state)

    class DaemonFailed(RemotePantsRunner.Fallback):
        """Pants prints this, and runs the command without the daemon."""

        def __init__(self, state):
            super().__init__(state)
            self.state = state

        def __repr__(self):
            return (
                f"Pants' daemon {self.state} ({seconds:g} s waited at most; "
                f"{SECONDS_VARIABLE} changes that)"
            )

    return PatientRunner


if __name__ == "__main__":
    sys.exit(main())
