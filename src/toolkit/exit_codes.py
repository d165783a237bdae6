"""What the exit code of a tool means: the rules know it by the same enumeration."""

from rules_transformers_contract.exit_codes import ExitCode

__all__ = ["ExitCode"]
