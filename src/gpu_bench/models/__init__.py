"""The model to measure: found or built, loaded, and given prompts."""
