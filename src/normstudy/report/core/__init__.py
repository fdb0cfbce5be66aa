"""What the report and the pages share: style, plots, statistics, text, figures and tables, findings."""
