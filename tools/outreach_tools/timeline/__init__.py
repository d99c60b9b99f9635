"""The history of a person, an account or an opportunity, merged from all that Outreach keeps of it."""
