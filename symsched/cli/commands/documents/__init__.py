"""Commands that write documents: a report, a page, a paper."""
