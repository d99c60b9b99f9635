"""Bytes that are a message, bytes that are not, and whose they were."""

import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import JSONRPCError, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse

from outreach_mcp.protocol.envelopes import Unreadable, read_message

PING: dict[str, Any] = {"jsonrpc": "2.0", "id": 7, "method": "ping"}
NULL: Any = None


def changed(**members: Any) -> bytes:
    return json.dumps({**PING, **members}).encode()


def without(*names: str) -> bytes:
    return json.dumps({name: value for name, value in PING.items() if name not in names}).encode()


UNREADABLE: dict[str, tuple[bytes, int, Any]] = {
    "a method that is a number": (changed(method=123), -32600, 7),
    "a method that is null": (changed(method=None), -32600, 7),
    "no method": (without("method"), -32600, 7),
    "no jsonrpc": (without("jsonrpc"), -32600, 7),
    "another jsonrpc": (changed(jsonrpc="1.0"), -32600, 7),
    "a number as jsonrpc": (changed(jsonrpc=2.0), -32600, 7),
    "parameters in an array": (changed(method="tools/list", params=[]), -32600, 7),
    "parameters in a text": (changed(params="{}"), -32600, 7),
    "parameters in a number": (changed(params=1), -32600, 7),
    "parameters that are true": (changed(params=True), -32600, 7),
    "an id with a fraction of nothing": (changed(id=27.0), -32600, 27),
    "an id with an exponent": (b'{"jsonrpc":"2.0","id":1e2,"method":"ping"}', -32600, 100),
    "an id with a fraction": (changed(id=1.5), -32600, 1.5),
    "an id beyond all numbers": (b'{"jsonrpc":"2.0","id":1e999,"method":"ping"}', -32600, NULL),
    "an id that is null": (changed(id=None), -32600, NULL),
    "an id that is true": (changed(id=True), -32600, NULL),
    "an id that is false": (changed(id=False), -32600, NULL),
    "an id that is an object": (changed(id={"a": 1}), -32600, NULL),
    "an id that is an array": (changed(id=[7]), -32600, NULL),
    "an id with half of a pair": (changed(id="\ud800"), -32600, NULL),
    "half of a pair": (changed(params={"name": "\ud800"}), -32600, 7),
    "the other half of a pair": (changed(params={"name": "a\udfffb"}), -32600, 7),
    "half of a pair in a name": (changed(params={"\ud800": 1}), -32600, 7),
    "half of a pair as the method": (changed(method="\ud800"), -32600, 7),
    "an envelope that is empty": (b"{}", -32600, NULL),
    "a notification without jsonrpc": (without("jsonrpc", "id"), -32600, NULL),
    "a notification with parameters in an array": (
        b'{"jsonrpc":"2.0","method":"notifications/initialized","params":[]}', -32600, NULL,
    ),
    "a batch": (json.dumps([PING, PING]).encode(), -32600, NULL),
    "an empty batch": (b"[]", -32600, NULL),
    "a text": (b'"ping"', -32600, NULL),
    "a number": (b"7", -32600, NULL),
    "null": (b"null", -32600, NULL),
    "true": (b"true", -32600, NULL),
    "garbage": (b"hello", -32700, NULL),
    "an object that is cut off": (changed()[:-1], -32700, NULL),
    "two objects": (changed() + changed(), -32700, NULL),
    "a trailing comma": (b'{"jsonrpc":"2.0","id":7,"method":"ping",}', -32700, NULL),
    "quotes of another language": (b"{'jsonrpc':'2.0','id':7,'method':'ping'}", -32700, NULL),
    "bytes that are not UTF-8": (b"\xff\xfe\xfd", -32700, NULL),
    "Latin-1": (changed(params={"name": "Zo\u00eb"}).replace(b"\\u00eb", b"\xeb"), -32700, 7),
    "UTF-16": (changed().decode().encode("utf-16"), -32700, NULL),
    "UTF-16 without a mark": (changed().decode().encode("utf-16-be"), -32700, NULL),
    "half of a pair in bytes": (changed(params={"name": "X"}).replace(b"X", b"\xed\xa0\x80"), -32700, 7),
    "NaN": (changed(params={"n": float("nan")}), -32700, 7),
    "Infinity": (changed(params={"n": float("inf")}), -32700, 7),
    "an id that is NaN": (changed(id=float("nan")), -32700, NULL),
    "100,000 brackets": (b"[" * 100_000, -32600, NULL),
    "50,000 braces": (b'{"a":' * 50_000, -32600, NULL),
    "300 brackets, closed": (changed(params={"a": 0}).replace(b"0}}", b"[" * 300 + b"]" * 300 + b"}}"), -32700, 7),
    "5,000 brackets, closed": (b"[" * 5000 + b"]" * 5000, -32700, NULL),
    "5,000 brackets in a message": (
        changed(params={"a": 0}).replace(b"0}}", b"[" * 5000 + b"]" * 5000 + b"}}"), -32700, 7,
    ),
    "5,000 braces before the id": (
        b'{"jsonrpc":"2.0","method":"ping","params":' + b'{"}]\\"":' * 5000 + b"1" + b"}" * 5000 + b',"id":"a\\"b"}',
        -32700, 'a"b',
    ),
    "5,000 brackets that do not close": (changed(params=[])[:-2] + b"[" * 5000, -32700, NULL),
    "5,000 brackets beside a long text": (
        changed(method="x" * 5000, params=[]).replace(b"[]", b"[" * 5000 + b"]" * 5000), -32700, NULL,
    ),
    "a number of 5,000 digits": (changed(params={"n": 0}).replace(b" 0}}", b"9" * 5000 + b"}}"), -32600, 7),
    "an id of 5,000 digits": (b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}', -32600, NULL),
    "a null byte": (changed() + b"\0", -32700, NULL),
    "a control character in a text": (b'{"jsonrpc":"2.0","id":7,"method":"pi\x01ng"}', -32700, NULL),
}  # fmt: skip
"""Bytes that cannot be read, with the code and the id of the answer."""

READABLE: dict[str, bytes] = {
    "a request": changed(),
    "an id that is a text": changed(id="seven"),
    "an id that is an empty text": changed(id=""),
    "an id of many digits": changed(id=10**30),
    "a negative id": changed(id=-1),
    "parameters that are null": changed(params=None),
    "a mark of UTF-8": b"\xef\xbb\xbf" + changed(),
    "the end of a line of Windows": changed() + b"\r",
    "spaces around": b" \t" + changed() + b" ",
    "a name twice": b'{"jsonrpc":"2.0","id":1,"id":7,"method":"ping"}',
    "a member that nobody knows": changed(extra={"a": [1]}),
    "a number beyond all numbers": changed(params={"n": 0}).replace(b" 0}", b" 1e999}"),
    "a whole pair": changed(params={"name": "\ud83d\ude00"}),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_is_answered_with_its_id(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    data, code, number = UNREADABLE[kind]
    read = read_message(data)
    assert isinstance(read, Unreadable)
    answer = json.loads(read.answer())
    assert (answer["jsonrpc"], answer["id"], answer["error"]["code"]) == ("2.0", number, code)
    with caplog.at_level(logging.WARNING):
        read.note()
    assert caplog.messages == [f"answered what is not a message with {code}: {answer['error']['message']}"]


@pytest.mark.parametrize("kind", READABLE)
def test_what_can_be_read_is(kind: str) -> None:
    assert isinstance(read_message(READABLE[kind]), JSONRPCRequest)


@pytest.mark.parametrize("nothing", [b"", b"\r", b" \t ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r"])
def test_an_empty_line_is_no_message_and_no_fault(nothing: bytes) -> None:
    assert read_message(nothing) is None


def test_a_notification_has_no_id() -> None:
    assert isinstance(read_message(without("id")), JSONRPCNotification)


@pytest.mark.parametrize(
    ("answer", "read_as"),
    [
        ({"id": 1, "result": {}}, JSONRPCResponse),
        ({"id": 1.0, "result": {}}, JSONRPCResponse),
        ({"id": 1, "error": {"code": 1, "message": "no"}}, JSONRPCError),
        ({"id": 1, "result": None}, JSONRPCError),
        ({"id": 1, "result": []}, JSONRPCError),
        ({"id": 1, "error": "no"}, JSONRPCError),
        ({"id": 1, "result": {"text": "\ud800"}}, JSONRPCError),
        ({"id": 1, "result": {"number": float("nan")}}, JSONRPCError),
        ({"id": None, "error": {"code": 1, "message": "no"}}, JSONRPCError),
        ({"id": True, "result": {}}, type(None)),
        ({"result": {}}, type(None)),
        ({"error": {}}, type(None)),
    ],
)
def test_an_answer_is_never_answered_and_one_that_is_broken_ends_what_waits_for_it(answer: Any, read_as: type) -> None:
    assert type(read_message(json.dumps({"jsonrpc": "2.0", **answer}).encode())) is read_as


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
ENVELOPES = st.fixed_dictionaries(
    {},
    optional={"jsonrpc": st.just("2.0") | VALUES, "id": VALUES, "method": st.just("ping") | VALUES, "params": VALUES},
)


@given(st.binary(max_size=60) | VALUES.map(json.dumps).map(str.encode) | ENVELOPES.map(json.dumps).map(str.encode))
def test_any_bytes_are_a_message_or_are_answered_or_want_no_answer(data: bytes) -> None:
    read = read_message(data)
    if isinstance(read, Unreadable):
        answer = json.loads(read.answer())
        assert answer["error"]["code"] in (-32700, -32600)
        assert answer["id"] is None or (isinstance(answer["id"], str | int | float) and answer["id"] is not True)
    elif isinstance(read, JSONRPCRequest):
        assert type(read.id) in (int, str)


@given(ENVELOPES)
def test_whoever_can_be_told_by_a_valid_id_is(envelope: dict[str, Any]) -> None:
    read = read_message(json.dumps({**envelope, "id": 7, "method": envelope.get("method", "x")}).encode())
    assert isinstance(read, JSONRPCRequest | Unreadable)
    assert read.id == 7
