"""From an interpolant to a table of coefficients: windows of time, schedules, plans."""
