"""The graph of which models inherit from which, and its output formats."""
