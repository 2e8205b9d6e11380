"""Schedules and designs in the form in which other people's samplers take them, and what those make of them."""
