"""Native inputs of a forward pass, by kind: text, images, videos, audio, series."""
