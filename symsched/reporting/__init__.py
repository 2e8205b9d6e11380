"""The renderings of a ledger: one file for each target. ``symsched.reporting.report`` is their public face."""
