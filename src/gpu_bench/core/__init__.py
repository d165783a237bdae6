"""Errors, files written whole, and typed reading of JSON."""
