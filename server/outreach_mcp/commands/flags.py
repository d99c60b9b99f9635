"""The flags that give settings, in groups; each names the variable that it stands for."""

from outreach_mcp.commands.parser import Parser
from outreach_mcp.settings.declaration import Group, Setting, without
from outreach_mcp.settings.settings import SETTINGS, Settings


def flags_of(*groups: Group) -> Parser:
    """Return the flags of the settings in these groups, in the order of the settings."""
    flags = Parser(add_help=False)
    for field, setting in SETTINGS.items():
        if setting.flag is not None and setting.flag.group in groups:
            add_flag(flags, field)
    return flags


def add_flag(flags: Parser, field: str) -> None:
    """Add the flag of one setting to `flags`; raises `ValueError` for a setting that has none."""
    setting = SETTINGS[field]
    flag = setting.flag
    if flag is None:
        raise ValueError(f"the setting {field!r} has no flag")
    names = [flag.name, *([flag.alias] if flag.alias else [])]
    told = help_of(field, setting)
    # None stands for not given: the variable counts then.
    if flag.metavar:
        flags.add_argument(*names, dest=field, metavar=flag.metavar, help=told)
    else:
        flags.add_argument(*names, dest=field, action="store_true", default=None, help=told)


def help_of(field: str, setting: Setting) -> str:
    """Return a flag's line in the help: what it does, its variable, and what holds without it unless that is off."""
    default = Settings.model_fields[field].default
    held = "" if default is False and not setting.unset else without(setting, default)
    line = f"{setting.help} ({setting.variable}{f', {held}' if held else ''})"
    return line.replace("`", "").replace("%", "%%")  # argparse formats it
