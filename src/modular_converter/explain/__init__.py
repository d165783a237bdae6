"""Where the lines of generated files come from."""
