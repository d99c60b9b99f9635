"""Phone numbers of prospects."""

from outreach_tools.engine.declaration import (
    CreateTool,
    DeleteTool,
    GetTool,
    ListTool,
    OptionsTool,
    Resource,
    UpdateTool,
)

_ATTRIBUTES = ("number", "phoneType", "extension", "order")

PHONE_NUMBER = Resource(
    type="phoneNumber",
    toolset="people",
    columns=("number", "phoneType", "extension", "status", "prospect"),
    apart=dict.fromkeys(("create_phone_number", "update_phone_number", "delete_phone_number"), "contact_details"),
    values={"phoneType": ("mobile", "work", "home", "voip", "other")},
    tools=(
        GetTool("get_phone_number", "phone_number_id", "One phone number: mobile or work, valid or bad."),
        ListTool(
            "list_phone_numbers",
            "What numbers can I reach someone on, mobile or work, which are bad? Who does a phone number belong to?",
        ),
        CreateTool(
            "create_phone_number",
            "Add, save a phone number (mobile, cell, direct line, telephone) for a contact or lead.",
            attributes=_ATTRIBUTES,
            relationships=("prospect",),
            required=("attributes.number", "relationships.prospect"),
        ),
        UpdateTool(
            "update_phone_number",
            "phone_number_id",
            "Change, fix a phone number (cell, mobile, office): new digits, extension, country, invalid.",
            attributes=(*_ATTRIBUTES, "status"),
        ),
        DeleteTool(
            "delete_phone_number",
            "phone_number_id",
            "Remove, drop a dead, wrong or old phone number, line, mobile, fax from a contact.",
        ),
        OptionsTool(
            "list_phone_number_options",
            "List phone numbers (DDL)",
            "Dropdown to pick a phone number to dial: id, label.",
            label=("number", "phoneType"),
        ),
    ),
)
