"""The parser of the command line."""

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Says on one line what is wrong with a command line."""

    def error(self, message: str) -> NoReturn:
        """Print the line to stderr and exit with code 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")
