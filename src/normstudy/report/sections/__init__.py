"""One module per section of report.qmd."""
