"""Token ids, and what a vocabulary says of them to a config."""
