"""What the rules and the tools must agree on, written once: both import it.

Each module is pure: the standard library only, no input or output, and CPython 3.9, as Pants runs
the rules. A tool's own subject has no place here.
"""
