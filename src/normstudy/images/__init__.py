"""Which images a run is about: what is known of them, and how one's own are read."""
