"""What runs say: a module per section of `report.qmd`, over drawing, wording and statistics that sections share.

A module has its section's table, picture, alternative text, caption and sentences. A function that is named after a
label, such as `curves.test_loss`, gives the whole numbered figure or table as Markdown; its pieces are next to it. Runs
come in verified (`normstudy.runs.studies.verified_study`).
"""
