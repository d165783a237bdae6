"""Writing the modular file of a standalone model, with the proof that it gives the same model."""
