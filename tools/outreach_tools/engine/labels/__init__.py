"""The organisation's own words for custom fields: their labels, as answers show them and arguments take them."""
