"""Cumulants by numbers, with a bound on their error, and which of them a tail allows."""
