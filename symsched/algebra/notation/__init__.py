"""Formulas on lines that a column of a paper holds."""
