"""Gaussian modes with means in general directions."""
