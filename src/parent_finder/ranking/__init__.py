"""The parents of one file: how likely each model and unit is, and the plan that follows."""
