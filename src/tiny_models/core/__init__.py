"""What all stages share: the errors."""
