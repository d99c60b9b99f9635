"""One module per Outreach resource, each stating only what is special about it."""
