"""SymPy with a dimension in it: leading powers, implicit constants, the boundary to NumPy, records of rewrites."""
