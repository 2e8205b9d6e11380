"""Mixtures of product laws."""
