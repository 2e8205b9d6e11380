"""Finite-d Monte Carlo: many paths of a plan, on any executor, and sweeps of them."""
