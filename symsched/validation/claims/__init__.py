"""The claims of the ledger, one module each: ``claim(effort)`` returns the claim with its rows."""
