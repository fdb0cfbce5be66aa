"""What a run leaves, whether it can be trusted, and which runs belong together."""
