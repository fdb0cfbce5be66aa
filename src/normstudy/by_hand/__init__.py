"""How a normalization is computed: the definition, exact numbers, its pictures and tables."""
