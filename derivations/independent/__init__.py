"""Numbers that claims are held against: written from the papers' formulas with NumPy, SciPy and mpmath alone.

Nothing here imports anything of symsched, and nothing of symsched predicts from it.
"""
