"""The answers about the user, the organisation and the types."""

from tests.sandbox.service import ORGANISATION, Api, sandbox


async def test_the_root_says_who_asks(api: Api) -> None:
    assert (await api.get(""))["meta"]["user"] == {
        "id": 1,
        "email": "uma@us.example",
        "firstName": "Uma",
        "lastName": "Stone",
        "name": "Uma Stone",
        "username": None,
    }


async def test_the_types_with_custom_fields_are_listed(api: Api) -> None:
    assert [each["type"] for each in (await api.get("/types"))["data"]] == [
        "account",
        "opportunity",
        "opportunityLineItem",
        "opportunityProspectRole",
        "product",
        "prospect",
        "purchase",
    ]


async def test_a_custom_field_has_a_kind_a_label_and_its_options(api: Api) -> None:
    (account,) = [each for each in (await api.get("/types"))["data"] if each["type"] == "account"]
    assert account["meta"]["validations"] == {
        "custom1": {"type": "numerical", "required": False, "label": "Field technicians", "definition": None},
        "custom2": {
            "type": "inclusion",
            "required": False,
            "label": "Current scheduling tool",
            "definition": [
                "Spreadsheets",
                "Whiteboard",
                "ServicePilot",
                "In-house tool",
                "Legacy ERP module",
                "Unknown",
                "Fieldlight Dispatch",
            ],
        },
        "custom3": {
            "type": "date",
            "required": False,
            "label": "Contract with current vendor ends",
            "definition": None,
        },
    }


async def test_the_user_profile_lies_beside_the_api(api: Api) -> None:
    profile = await api.get("https://api.outreach.io/api/userprofile")
    assert (profile["user_id"], profile["email"], profile["given_name"]) == (1, "uma@us.example", "Uma")


async def test_links_begin_with_the_address_the_sandbox_was_given() -> None:
    async with sandbox(ORGANISATION, base_url="http://127.0.0.1:8080/api/v2") as api:
        assert (await api.get("/stages/1"))["data"]["links"] == {"self": "http://127.0.0.1:8080/api/v2/stages/1"}
