"""How long runs take, as ratios to the time of drawing their random numbers."""
