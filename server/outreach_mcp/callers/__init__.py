"""Many callers: who they are, which Outreach account each has connected, and the pages where they do so."""
