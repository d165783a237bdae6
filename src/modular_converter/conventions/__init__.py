"""What differs between releases of transformers, and which kinds of files there are."""
