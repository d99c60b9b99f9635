"""The settings in sections, one for each table in the documents; `Settings` is all of them."""
