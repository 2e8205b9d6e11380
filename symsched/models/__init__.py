"""d coordinates in numbers: what a model can do, and the ways to carry its paths."""
