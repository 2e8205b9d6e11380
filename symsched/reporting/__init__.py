"""The renderings of a ledger: one file for each target. ``symsched.report`` is their public face."""
