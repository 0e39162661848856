from uuid import UUID, uuid4

from ingest.limits import TAG_KEYS, WORDS
from ingest.words import ENTRIES, PROJECTS, Vocabulary, Words
from ledger.domain.span import Span
from ledger.domain.words import OTHER, TOO_MANY_WORDS, still_other


def span(**fields: object) -> Span:
    known = {"trace_id": "1" * 32, "span_id": "2" * 16, "start": 1, "end": 2}
    return Span(**known | fields)  # type: ignore[arg-type]


def test_words_beyond_the_limit_of_a_day_are_other_and_those_known_stay() -> None:
    words = Words()
    for at in range(WORDS):
        assert words.limited(span(model=f"m-{at}")).model == f"m-{at}"

    beyond, known = words.limited(span(model="m-new", route="r")), words.limited(span(model="m-7"))

    assert (beyond.model, beyond.route, beyond.flags) == (OTHER, "r", (TOO_MANY_WORDS,))
    assert (known.model, known.flags) == ("m-7", ())


def test_every_field_has_a_limit_of_its_own() -> None:
    words = Words()
    for at in range(WORDS + 1):
        words.limited(span(route=f"r-{at}"))

    assert words.limited(span(route="r-new", model="m-new", request_model="q")).model == "m-new"


def test_names_customers_and_users_are_many_by_nature() -> None:
    words = Words()
    for at in range(WORDS + 1):
        words.limited(span(name=f"n-{at}", customer=f"c-{at}", user_id=f"u-{at}", session_id=f"s-{at}"))

    found = words.limited(span(name="n", customer="c", user_id="u", session_id="s"))

    assert (found.name, found.customer, found.user_id, found.session_id, found.flags) == ("n", "c", "u", "s", ())
    assert len(words) == 0


def test_a_finish_reason_and_the_name_of_a_tag_are_words_too() -> None:
    words = Words()
    for at in range(TAG_KEYS + 1):
        words.limited(span(finish_reasons=(f"f-{at}",), tags={f"t-{at}": "x"}))

    found = words.limited(span(finish_reasons=("f-0", "new"), tags={"t-0": "a", "new": "b"}))

    assert (found.finish_reasons, found.tags) == (("f-0", OTHER), {"t-0": "a", OTHER: "b"})


def test_a_span_in_known_words_is_the_same_object() -> None:
    words, one = Words(), span(model="m", tags={"a": "b"}, finish_reasons=("stop",))

    assert words.limited(one) is one


def test_a_new_day_begins_with_none_and_projects_share_nothing() -> None:
    now = [0.0]
    vocabulary, project = Vocabulary(lambda: now[0]), uuid4()
    vocabulary.of(project).seen["model"] = set(range(WORDS))
    assert vocabulary.of(project).limited(span(model="m")).model == OTHER
    assert vocabulary.of(uuid4()).limited(span(model="m")).model == "m"

    now[0] = 86_400

    assert vocabulary.of(project).limited(span(model="m")).model == "m"


def test_the_memory_of_all_projects_is_bounded() -> None:
    vocabulary = Vocabulary(lambda: 0)
    for _ in range(PROJECTS + 5):
        vocabulary.of(uuid4())
    assert len(vocabulary.projects) == PROJECTS

    vocabulary.of(UUID(int=1)).seen["model"] = set(range(ENTRIES))
    vocabulary.of(UUID(int=2)).seen["model"] = set(range(ENTRIES))
    vocabulary.of(UUID(int=3))

    assert list(vocabulary.projects) == [UUID(int=2), UUID(int=3)]


def test_a_span_that_is_read_again_brings_no_word_back() -> None:
    old = span(model=OTHER, route="r", flags=(TOO_MANY_WORDS,), tags={OTHER: "b"})

    again = still_other(old, span(model="m-new", route="r-2", flags=(TOO_MANY_WORDS,), tags={"new": "b"}))

    assert (again.model, again.route, again.tags) == (OTHER, "r-2", {OTHER: "b"})
    assert still_other(span(model=OTHER), span(model="m")).model == "m"
