"""Phone numbers of prospects."""

from outreach_tools.engine.declaration import GetTool, ListTool, OptionsTool, Resource

PHONE_NUMBER = Resource(
    type="phoneNumber",
    toolset="people",
    columns=("number", "phoneType", "extension", "status", "prospect"),
    tools=(
        GetTool("get_phone_number", "phone_number_id", "One phone number: mobile or work, valid or bad."),
        ListTool(
            "list_phone_numbers",
            "What numbers can I reach someone on, mobile or work, which are bad? Who does a phone number belong to?",
        ),
        OptionsTool(
            "list_phone_number_options",
            "List phone numbers (DDL)",
            "Dropdown to pick a phone number to dial: id, label.",
            label=("number", "phoneType"),
        ),
    ),
)
