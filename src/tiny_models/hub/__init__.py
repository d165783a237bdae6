"""Publishing to a model hub."""
