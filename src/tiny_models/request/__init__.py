"""The request, and the plan of each fixture made from it."""
