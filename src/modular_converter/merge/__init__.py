"""What a class inherits: merged bodies, and `super()` calls replaced by the parent's code."""
