"""The files that a conversion may read, and the index over each."""
