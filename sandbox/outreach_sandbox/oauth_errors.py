"""The refusals of the token endpoint; none of its bodies is published, so their form is a switch."""

from typing import Literal

from outreach_sandbox.errors import ApiError


class TokenRefusalError(Exception):
    """No token: a status (documented: 400 for a bad grant, 429 for one too soon), an OAuth code and a sentence."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(f"{status} {code}: {description}")
        self.status = status
        self.code = code
        self.description = description

    def answer(self, form: Literal["oauth", "json_api", "text"]) -> ApiError:
        """Return the refusal in the form that the switch says."""
        if form == "text":
            return ApiError(self.status, self.description, "text/plain")
        if form == "json_api":
            title = self.code.replace("_", " ").title()
            error = {"id": self.code, "title": title, "detail": self.description}
            return ApiError(self.status, {"errors": [error]})
        return ApiError(self.status, {"error": self.code, "error_description": self.description}, "application/json")
