"""The verdict on two measurements: its proof, limits, baselines and forms."""
