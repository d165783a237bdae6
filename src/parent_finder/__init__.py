"""Names the best parents for a new model, from its source and a library's sources alone."""
