"""What a limit says of a sampler at one d and N, before any d-dimensional number is drawn."""
