"""The request: its fields, what cannot be combined, and its reading."""
