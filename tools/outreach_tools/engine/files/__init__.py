"""Records as files: tables that spreadsheets and people read, out of Outreach and back into it."""
