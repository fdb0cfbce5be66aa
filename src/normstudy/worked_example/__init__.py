"""How a normalization is computed, by hand: `definition` and `running` compute, a module per section shows it."""
