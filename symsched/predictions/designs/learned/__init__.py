"""Tables for any limit of one speciation: rows of the window, of the step over the gap and of the data, all found."""
