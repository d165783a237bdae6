"""Byte-exact reading of one Python file: tokens, statements, definitions, suppressions."""
