"""Result files: reading them, their metrics, and pooling several rounds."""
