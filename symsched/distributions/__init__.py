"""Distributions in dimension d: a family per file, each with its exact finite-d model."""
