"""The flags that several commands share, in groups; each names the variable that it stands for."""

from outreach_mcp.commands.parser import Parser


def connection_flags() -> Parser:
    """Return the flags of what talks to Outreach: where, how much of it is shown, and what is written down."""
    flags = Parser(add_help=False)
    # No flag for the token: command lines are visible to every user of the machine.
    flags.add_argument(
        "--sandbox",
        action="store_true",
        default=None,
        help="work in an embedded Outreach with demo data; no account (OUTREACH_MCP_SANDBOX)",
    )
    api_flag(flags)
    flags.add_argument(
        "--max-result-tokens", metavar="N", help="most tokens in one answer (OUTREACH_MCP_MAX_RESULT_TOKENS)"
    )
    flags.add_argument(
        "--time-zone", metavar="NAME", help="where today is reckoned, such as Europe/Berlin (OUTREACH_MCP_TIME_ZONE)"
    )
    flags.add_argument("--journal", metavar="FILE", help="append every change to this file (OUTREACH_MCP_JOURNAL)")
    flags.add_argument(
        "--log-level", metavar="LEVEL", help="debug, info, warning or error, to stderr (OUTREACH_MCP_LOG_LEVEL)"
    )
    return flags


def api_flag(flags: Parser | None = None) -> Parser:
    """Add the flag of where the Outreach API is to `flags`, or to new ones, and return them."""
    flags = flags or Parser(add_help=False)
    flags.add_argument("--api-url", metavar="URL", help="where the Outreach API is (OUTREACH_API_URL)")
    return flags


def policy_flags() -> Parser:
    """Return the flags of what is offered."""
    flags = Parser(add_help=False)
    flags.add_argument(
        "--read-only", action="store_true", default=None, help="change nothing in Outreach (OUTREACH_MCP_READ_ONLY)"
    )
    flags.add_argument("--toolsets", metavar="NAMES", help="offer these groups of tools (OUTREACH_MCP_TOOLSETS)")
    flags.add_argument("--tools", metavar="NAMES", help="offer these tools (OUTREACH_MCP_TOOLS)")
    flags.add_argument(
        "--exclude-tools", metavar="NAMES", help="leave out these tools or groups (OUTREACH_MCP_EXCLUDE_TOOLS)"
    )
    return flags


def confirmation_flags() -> Parser:
    """Return the flags of when a person is asked."""
    flags = Parser(add_help=False)
    flags.add_argument(
        "--confirm",
        metavar="WHEN",
        help="ask a person before: never, destructive (the default), or writes (OUTREACH_MCP_CONFIRM)",
    )
    flags.add_argument(
        "--confirm-strict",
        action="store_true",
        default=None,
        help="refuse what needs a person where the client cannot ask one (OUTREACH_MCP_CONFIRM_STRICT)",
    )
    return flags


def http_flags() -> Parser:
    """Return the flags of how it serves, and to whom."""
    flags = Parser(add_help=False)
    flags.add_argument(
        "--structured",
        action="store_true",
        default=None,
        help="add output schemas and structured content (OUTREACH_MCP_STRUCTURED)",
    )
    flags.add_argument(
        "--transport", metavar="NAME", help="stdio, http, sse, or http+sse on one port (OUTREACH_MCP_TRANSPORT)"
    )
    # No flag for the key either.
    flags.add_argument(
        "--host",
        help="address to listen on, 127.0.0.1 unless told otherwise; others need a key, OUTREACH_MCP_KEY "
        "(OUTREACH_MCP_HOST)",
    )
    flags.add_argument("--port", metavar="N", help="port to listen on, 0 for a free one (OUTREACH_MCP_PORT, 8000)")
    flags.add_argument(
        "--allowed-hosts", metavar="NAMES", help="names that clients may call it by (OUTREACH_MCP_ALLOWED_HOSTS)"
    )
    flags.add_argument(
        "--allowed-origins", metavar="URLS", help="web pages that may use it (OUTREACH_MCP_ALLOWED_ORIGINS)"
    )
    flags.add_argument(
        "--public-url", metavar="URL", help="the address that callers reach it by (OUTREACH_MCP_PUBLIC_URL)"
    )
    flags.add_argument(
        "--auth-issuer", metavar="URL", help="the identity provider of many callers (OUTREACH_MCP_AUTH_ISSUER)"
    )
    flags.add_argument("--keys-file", metavar="FILE", help="the keys of many callers (OUTREACH_MCP_KEYS_FILE)")
    flags.add_argument("--max-body-bytes", metavar="N", help="most bytes in one request (OUTREACH_MCP_MAX_BODY_BYTES)")
    return flags


def data_flags() -> Parser:
    """Return the flags of which demo data the sandbox holds."""
    flags = Parser(add_help=False)
    flags.add_argument(
        "--number",
        "--sandbox-number",
        dest="sandbox_number",
        metavar="N",
        help="which demo organisation: the same for the same number and day (OUTREACH_MCP_SANDBOX_NUMBER)",
    )
    flags.add_argument(
        "--scale",
        "--sandbox-scale",
        dest="sandbox_scale",
        metavar="N",
        help="how many times its size (OUTREACH_MCP_SANDBOX_SCALE)",
    )
    flags.add_argument(
        "--today",
        "--sandbox-today",
        dest="sandbox_today",
        metavar="DATE",
        help="the day it stands on, such as 2026-03-02; the clock goes on from its beginning in UTC "
        "(OUTREACH_MCP_SANDBOX_TODAY, today)",
    )
    return flags
