"""What stands before Outreach: which requests pass, which a person is asked about, and the record of changes."""
