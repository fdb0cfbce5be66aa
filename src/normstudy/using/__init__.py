"""What one does with trained runs besides reporting on them: classify, export, compare, look on."""
