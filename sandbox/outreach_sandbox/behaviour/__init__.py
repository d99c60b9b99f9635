"""What Outreach does with particular types beyond storing them, and what their actions do."""
