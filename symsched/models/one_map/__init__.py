"""Exchangeable coordinates: a path is one monotone map of the line, carried in cells."""
