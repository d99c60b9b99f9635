"""The guard before Outreach: which requests pass, which need a person's confirmation, and the record of changes."""
