"""The check of real clients judges what they got of our menus, and lays it out."""

from typing import Any

import pytest

from client_menus import BEGIN, MenuRow, judged, menu_table

GOT: dict[str, Any] = {
    "prompts": 10,
    "prompt": '`get_prospect {"prospect_id": "Theo Weber"}`',
    "completed": ["Maya Okafor"],
    "resources": 15,
    "resource": "# Morning brief",
    "picture": "text/html;profile=mcp-app",
    "approves": True,
}


def test_what_a_client_has_and_got_right_works() -> None:
    assert judged(GOT) == dict.fromkeys(("prompts", "completions", "resources", "pictures"), "")
    assert judged({**GOT, "approves": False})["pictures"] == "without approval"
    assert judged({"prompt": GOT["prompt"]}) == {"prompts": ""}
    assert judged({}) == {}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("prompts", 9),
        ("prompt", "<prospect>"),
        ("completed", []),
        ("resources", 3),
        ("resource", ""),
        ("picture", "text/html"),
    ],
)
def test_what_a_client_got_wrong_is_no_success(name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match="its menus have"):
        judged({**GOT, name: wrong})


def test_a_row_says_over_which_transports_and_an_untried_client_keeps_its_own() -> None:
    menus = {
        "stdio": judged(GOT),
        "sse": judged({"prompt": GOT["prompt"]}),
        "http": judged({**GOT, "approves": False}),
    }
    kept = "| other (`o`) | 1 | 2026-01-01 | works | works | works | works |"
    made = menu_table(
        [MenuRow("one (`o`)", "2", menus)], ["one (`o`)", "other (`o`)"], "2026-11-28", f"{BEGIN}\n{kept}\n"
    )
    assert made.splitlines()[2:] == [
        "| one (`o`) | 2 | 2026-11-28 | works | stdio, HTTP | stdio, HTTP | stdio, HTTP without approval |",
        kept,
    ]
