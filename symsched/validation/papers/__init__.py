"""A limit written out as a LaTeX document."""
