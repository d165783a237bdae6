"""Whether the converter reproduces what a release of transformers generated, and what it lacks."""
