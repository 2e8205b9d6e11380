"""From a law in numbers to samples and paths: NumPy and SciPy only."""
