"""Reads the environment and the command line, and says in one line what is wrong with them."""
