"""The command line: arguments, requests, and what each command does."""
