"""Many callers: their identities, the Outreach account that each has connected, and the pages where they do so."""
