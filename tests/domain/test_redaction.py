import pytest

from ledger.domain.redaction import BadPattern, OwnPattern, Policy, compiled, parsed


def test_a_policy_is_made_of_what_the_table_holds() -> None:
    policy = Policy.of("drop", True, {"b": "y", "a": "x"})

    assert policy == Policy("drop", True, (OwnPattern("a", "x"), OwnPattern("b", "y")))


def test_another_mode_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="off, mask, drop; not 'on'"):
        Policy.of("on", False, {})


def test_more_patterns_than_are_allowed_are_refused() -> None:
    with pytest.raises(BadPattern, match="32 patterns at most"):
        Policy.of("mask", False, {f"p{number}": "x" for number in range(33)})


@pytest.mark.parametrize("pattern", ["", "(", "(?=x)", r"(a)\1", "x{1001}", "x*", "y|", " ", "((a{100}){100}){100}"])
def test_patterns_that_cannot_be_used_are_refused(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compiled(OwnPattern("a", pattern))


def test_a_pattern_may_have_1024_bytes() -> None:
    assert compiled(OwnPattern("a", "ä" * 512)).search("ä".encode() * 512)
    with pytest.raises(BadPattern, match="1026 bytes"):
        compiled(OwnPattern("a", "ä" * 513))


def test_an_expression_that_would_keep_others_busy_is_harmless() -> None:
    assert compiled(OwnPattern("a", "(x+x+)+y")).search(b"x" * 100_000) is None


def test_a_pattern_may_hold_an_equals_sign() -> None:
    assert parsed(["a=b=c"]) == {"a": "b=c"}
