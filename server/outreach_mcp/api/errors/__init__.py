"""The errors of the client, and how Outreach's answers become them."""
