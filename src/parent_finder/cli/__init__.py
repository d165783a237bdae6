"""The command line: the arguments, and what each command does."""
