"""What a reader is told of a derivation: its prose, its formulas, its sources, as text, as LaTeX and as HTML."""
