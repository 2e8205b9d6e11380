"""The steps that a reader is shown of a limit, in order."""
