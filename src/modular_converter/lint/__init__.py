"""Errors and warnings about a modular file and its conversion."""
