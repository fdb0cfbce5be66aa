"""What pages import, for the process from which those of the pages are forked. Nothing here starts a thread."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "agg"

import matplotlib.pyplot  # noqa: F401
import pandas  # noqa: F401
import scipy.stats  # noqa: F401

import normstudy.preview.shell
import normstudy.report.core.markup
import normstudy.report.core.statistics
import normstudy.runs.tables  # noqa: F401
