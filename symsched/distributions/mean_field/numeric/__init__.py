"""Mean-field measures in numbers: exact samplers and posteriors at finite d."""
