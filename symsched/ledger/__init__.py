"""The ledger: every claim with its expectation, its rows and its verdict."""
