"""Phone numbers of prospects."""

from outreach_tools.engine.declaration import GetTool, ListTool, OptionsTool, Resource

PHONE_NUMBER = Resource(
    type="phoneNumber",
    toolset="people",
    columns=("number", "phoneType", "extension", "status", "prospect"),
    tools=(
        GetTool("get_phone_number", "phone_number_id", "Show one phone number of a prospect."),
        ListTool("list_phone_numbers", "Phone numbers of prospects: type, status; whose is this number."),
        OptionsTool(
            "list_phone_number_options",
            "List phone numbers (DDL)",
            "Phone number ids with numbers and types, to pick one.",
            label=("number", "phoneType"),
        ),
    ),
)
