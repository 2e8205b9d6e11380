"""From a distribution and an interpolant to the equations of the limit d → ∞."""
