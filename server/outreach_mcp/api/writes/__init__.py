"""Never twice: which changes may be sent again, and what became of those whose answer is unknown."""
