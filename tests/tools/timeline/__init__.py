"""The history of a person, an account or an opportunity, in order."""
