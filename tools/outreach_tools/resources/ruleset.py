"""Rulesets: what holds for the sequences that have one."""

from outreach_tools.engine.declaration import Resource

RULESET = Resource(
    type="ruleset",
    toolset="settings",
    columns=("name", "permitDuplicateProspects", "sequenceExclusivity", "minimumProspectTouchedInterval", "owner"),
    values={
        "permitDuplicateProspects": ("allow", "disallow", "only_if_inactive"),
        "sequenceExclusivity": ("all_sequences", "exclusive_sequences", "none"),
    },
)
