"""Independent numbers for the steps of a limit, mostly at finite d = 10^120; none of them uses the rule it checks."""
