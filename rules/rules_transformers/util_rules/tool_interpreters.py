"""The interpreters that the tools run on unless an option says otherwise."""

# One for all tools: a daemon that starts looks for an interpreter once for each constraint, which
# takes ten seconds and more on a machine with many of them. scipy and numpy need 3.11.
TOOL_INTERPRETERS = "CPython>=3.11,<3.15"
