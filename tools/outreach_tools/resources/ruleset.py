"""Rulesets: what holds for the sequences that have one."""

from outreach_tools.engine.declaration import GetTool, ListTool, Resource

RULESET = Resource(
    type="ruleset",
    toolset="settings",
    columns=("name", "permitDuplicateProspects", "sequenceExclusivity", "minimumProspectTouchedInterval", "owner"),
    values={
        "permitDuplicateProspects": ("allow", "disallow", "only_if_inactive"),
        "sequenceExclusivity": ("all_sequences", "exclusive_sequences", "none"),
    },
    tools=(
        ListTool(
            "list_rulesets",
            "Which rulesets (rules, rule sets on duplicates, exclusivity) a sequence or cadence can have, follow.",
        ),
        GetTool(
            "get_ruleset",
            "ruleset_id",
            "What one ruleset (rules) allows: in two sequences at once, contacted again after how many days; opt-outs, "
            "what happens to the stage on reply.",
        ),
    ),
)
