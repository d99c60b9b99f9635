"""The public address of this server, as browsers see it."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Site:
    """The server's public address: `https://mcp.example.com`, or one with a path that a proxy takes off."""

    public_url: str

    @property
    def secure(self) -> bool:
        """Whether browsers come by https; else this is a server for one machine."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def host(self) -> str:
        """The name by which a person knows the server."""
        return urlsplit(self.public_url).netloc

    def address(self, route: str) -> str:
        """Return the path by which a browser reaches a route of this server."""
        return urlsplit(self.public_url).path + route

    def route(self, url: str) -> str:
        """Return the route that an address of this server leads to. Raises `ValueError` for any other address."""
        rest = url.removeprefix(self.public_url)
        if rest == url or not rest.startswith("/"):
            raise ValueError(f"{url!r} is not an address below {self.public_url!r}")
        return urlsplit(rest).path
