"""Small configs of any model type."""
