"""Phone numbers of prospects."""

from outreach_tools.engine.declaration import GetTool, ListTool, OptionsTool, Resource

PHONE_NUMBER = Resource(
    type="phoneNumber",
    toolset="people",
    columns=("number", "phoneType", "extension", "status", "prospect"),
    tools=(
        GetTool("get_phone_number", "phone_number_id", "Show one phone number: mobile or work, status."),
        ListTool(
            "list_phone_numbers", "Which phone numbers reach a contact, mobile or work; find who a number belongs to."
        ),
        OptionsTool(
            "list_phone_number_options",
            "List phone numbers (DDL)",
            "Dropdown to pick a phone number to dial: id, label.",
            label=("number", "phoneType"),
        ),
    ),
)
