import json

from ledger.web.conversation import Message, Piece, read


def test_plain_messages_keep_role_and_text():
    assert read([{"role": "user", "content": "Where is my order?"}]) == [
        Message("user", (Piece("Where is my order?"),))
    ]


def test_messages_in_parts_keep_the_order_of_their_parts():
    parts = [
        {"type": "text", "content": "Let me look."},
        {"type": "tool_call", "name": "lookup", "arguments": {"id": 7}},
    ]

    assert read([{"role": "assistant", "parts": parts}]) == [
        Message("assistant", (Piece("Let me look."), Piece('{\n  "id": 7\n}', "calls lookup", code=True)))
    ]


def test_tool_calls_beside_an_empty_content_are_shown_with_their_arguments_unpacked():
    call = {"id": "c1", "type": "function", "function": {"name": "lookup", "arguments": '{"id": 7}'}}

    assert read([{"role": "assistant", "content": None, "tool_calls": [call]}]) == [
        Message("assistant", (Piece('{\n  "id": 7\n}', "calls lookup", code=True),))
    ]


def test_a_tools_answer_in_text_is_text():
    parts = [{"type": "tool_call_response", "id": "c1", "response": "shipped"}]

    assert read([{"role": "tool", "parts": parts}]) == [Message("tool", (Piece("shipped", "tool answers"),))]


def test_a_whole_request_shows_its_messages_and_then_what_was_sent_along():
    request = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}

    assert read(request) == [
        Message("user", (Piece("hi"),)),
        Message("", (Piece('{\n  "model": "gpt-4o"\n}', "sent along", code=True),)),
    ]


def test_text_that_is_no_json_is_shown_as_it_is():
    assert read("<b>not bold</b>") == [Message("", (Piece("<b>not bold</b>"),))]


def test_json_that_is_no_message_is_shown_as_json():
    assert read({"order": 7}) == [Message("", (Piece('{\n  "order": 7\n}', code=True),))]


def test_an_unknown_part_is_named_and_not_left_out():
    assert read([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x"}}]}]) == [
        Message(
            "user",
            (
                Piece(
                    json.dumps({"type": "image_url", "image_url": {"url": "https://x"}}, indent=2),
                    "image_url",
                    code=True,
                ),
            ),
        )
    ]


def test_thinking_is_told_apart_from_the_answer():
    content = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Yes."}]

    assert read([{"role": "assistant", "content": content}]) == [
        Message("assistant", (Piece("Hm.", "reasoning"), Piece("Yes.")))
    ]


def test_a_message_without_content_says_so():
    assert read([{"role": "assistant", "content": None}]) == [
        Message("assistant", (Piece("", "nothing was recorded"),))
    ]


def test_nothing_recorded_is_no_message():
    assert read(None) == []
    assert read("") == []
    assert read([]) == [Message("", (Piece("[]", code=True),))]


def test_arguments_nested_without_end_do_not_break_the_page():
    deep = "[" * 100_000 + "]" * 100_000

    assert read([{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": deep}}]}]) == [
        Message("assistant", (Piece(deep, "calls f", code=True),))
    ]


def test_json_that_is_nested_deep_is_one_line():
    nested = []
    for _ in range(40):
        nested = [nested]

    assert read(nested) == [Message("", (Piece("[" * 41 + "]" * 41, code=True),))]
