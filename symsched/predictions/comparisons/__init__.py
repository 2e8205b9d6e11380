"""Our schedules and designs beside the grids in use: the same tuning, the same budget, and where ours loses."""
