"""normstudy: which normalization, and how do we know?"""
