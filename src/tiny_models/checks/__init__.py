"""Whether a tiny model runs, and on which inputs."""
