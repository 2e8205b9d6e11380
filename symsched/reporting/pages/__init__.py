"""A ledger as a page, a document, a table and data."""
