"""Users: the people who work in Outreach."""

from outreach_tools.engine.declaration import CreateTool, GetTool, ListTool, OptionsTool, Resource, UpdateTool

_ATTRIBUTES = ("firstName", "lastName", "title", "locked")
_RELATIONSHIPS = ("profile", "role")

USER = Resource(
    type="user",
    toolset="people",
    columns=("name", "email", "title", "role", "profile", "locked", "currentSignInAt"),
    # Settings of the user's own screens; nobody asks a sales assistant for them.
    hidden=("accountsViewId", "activityNotificationsDisabled", "bounceWarningEmailEnabled", "callsViewId",
            "controlledTabDefault", "dailyDigestEmailEnabled", "defaultRulesetId", "engagementEmailsEnabled",
            "inboundVoicemailCustomMessageText", "inboundVoicemailMessageTextVoice", "inboundVoicemailPromptType",
            "kaiaRecordingsViewId", "keepBridgePhoneConnected", "mailboxErrorEmailEnabled",
            "meetingEngagementNotificationEnabled", "notificationsEnabled", "oceClickToDialEverywhere",
            "oceGmailToolbar", "oceGmailTrackingState", "oceSalesforceEmailDecorating", "oceSalesforcePhoneDecorating",
            "oceUniversalTaskFlow", "oceWindowMode", "opportunitiesViewId", "pluginAlertNotificationEnabled",
            "prospectsViewId", "reportsTeamPerfViewId", "reportsViewId", "scimExternalId", "scimSource",
            "senderNotificationsExcluded", "tasksViewId", "teamsViewId", "textingEmailNotifications",
            "unknownReplyEmailEnabled", "usersViewId", "voicemailNotificationEnabled", "weeklyDigestEmailEnabled"),
    near={"name": "firstName and lastName"},
    unlisted=("profile.id",),
    offered=("name",),
    apart=dict.fromkeys(("create_user", "update_user"), "admin"),
    tools=(
        GetTool("get_user", "user_id", "Show the profile of one rep: name, email, title, role."),
        ListTool(
            "list_users",
            "Show all reps, colleagues, SDRs on the team: names, email, titles, role, who has logged in, locked.",
        ),
        CreateTool(
            "create_user",
            "Invite, set up a new user: give a rep or colleague access, a login (account, seat) of their own; onboard.",
            attributes=("email", *_ATTRIBUTES),
            relationships=_RELATIONSHIPS,
            required=("attributes.email",),
        ),
        UpdateTool(
            "update_user",
            "user_id",
            "Lock, block the login of a colleague who left; change a user's name, title, role, profile.",
            attributes=_ATTRIBUTES,
            relationships=_RELATIONSHIPS,
        ),
        OptionsTool(
            "list_user_options",
            "List users (DDL)",
            "Dropdown to pick an owner (rep): id, label.",
            label=("name", "email"),
        ),
    ),
)  # fmt: skip
