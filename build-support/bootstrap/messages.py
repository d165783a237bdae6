"""What the bootstrap says to people, all of it on standard error."""

import sys


class BootstrapError(Exception):
    """The environment lacks something; ends the bootstrap with exit code 3.

    Args:
        message: what happened and where.
        hint: what to do next.
    """

    def __init__(self, message, hint):
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self):
        return "error: {}\nhint: {}".format(self.message, self.hint)


def say(text):
    """Prints one line of progress."""
    print("pants: " + text, file=sys.stderr, flush=True)


def note(text, hint):
    """Prints a warning with its hint."""
    print("warning: {}\nhint: {}".format(text, hint), file=sys.stderr, flush=True)
