"""The settings of the sandbox's data."""

from typing import Annotated

from pydantic import Field

from outreach_mcp.settings.declaration import Flag, Section, Setting
from outreach_mcp.settings.values import FIRST_DAY, LAST_DAY, Day


class DemoData(Section):
    """Settings of the sandbox's data."""

    sandbox_number: Annotated[
        int,
        Field(ge=0, le=2**31 - 1),
        Setting(
            variable="OUTREACH_MCP_SANDBOX_NUMBER",
            help="which demo organisation, the same for the same number, scale and day; all but 1 have namesakes",
            allowed="a whole number from 0 to 2147483647",
            flag=Flag("data", "--number", "N", alias="--sandbox-number"),
        ),
    ] = 1
    sandbox_scale: Annotated[
        int,
        Field(ge=1, le=1000),
        Setting(
            variable="OUTREACH_MCP_SANDBOX_SCALE",
            help="how many times its size",
            allowed="a whole number from 1 to 1000",
            flag=Flag("data", "--scale", "N", alias="--sandbox-scale"),
        ),
    ] = 1
    sandbox_today: Annotated[
        Day | None,
        Setting(
            variable="OUTREACH_MCP_SANDBOX_TODAY",
            help="the day on which the sandbox stands, such as `2026-03-02`; its clock goes on from the beginning of "
            "that day in UTC",
            more=f". From {FIRST_DAY.year} to {LAST_DAY.year}; only with the sandbox",
            unset="today",
            allowed=f"a day from {FIRST_DAY} to {LAST_DAY}, such as 2026-03-02",
            flag=Flag("data", "--today", "DATE", alias="--sandbox-today"),
        ),
    ] = None
