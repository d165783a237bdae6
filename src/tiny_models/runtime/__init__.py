"""Fixtures inside of the process that uses them."""
