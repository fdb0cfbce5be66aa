"""The report as a page and a PDF without Quarto."""
