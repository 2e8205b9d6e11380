"""How long runs take: beside the time of drawing their random numbers, beside plain loops, and the symbolic side."""
