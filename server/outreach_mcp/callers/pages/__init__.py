"""The pages on which callers connect and disconnect their Outreach accounts in a browser."""
