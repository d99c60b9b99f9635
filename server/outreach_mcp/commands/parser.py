"""The parser of the command line."""

import argparse
import sys
from typing import Any, NoReturn

from outreach_mcp.io.streams import show, tell


class Parser(argparse.ArgumentParser):
    """Says on one line what is wrong with a command line; argparse itself would keep quiet about what is not shown."""

    def error(self, message: str) -> NoReturn:
        """Print the line to stderr and exit with code 2."""
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Exit with `status`, after printing `message` to stderr."""
        tell(message or "", end="")
        sys.exit(status)

    def print_help(self, file: Any = None) -> None:
        """Print the help to stdout, or to `file`; raises `OutputLostError`."""
        if file is None:
            show(self.format_help().rstrip("\n"))
        else:
            super().print_help(file)


class ShowVersion(argparse.Action):
    """The action of a flag that prints the version, given as `const`, and exits."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print it to stdout; raises `OutputLostError`."""
        show(str(self.const))
        parser.exit()
