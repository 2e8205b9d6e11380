"""A report holds predictions against measurements; the ledger holds every claim."""
