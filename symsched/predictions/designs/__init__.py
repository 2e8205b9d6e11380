"""Tables of few evaluations: nodes and coefficients that minimise a stated error at d = ∞."""
