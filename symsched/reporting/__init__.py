"""Rows, charts and ledgers, and their renderings: one file for each target."""
