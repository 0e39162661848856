from pathlib import Path

import pytest

from evals.suite import BadSuite, read_suite, shipped

GOOD = """\
suite: house_rules
version: 3
about: What we care about.
metrics:
  - name: answered
    kind: deterministic
    direction: up
    min_effect: 0.02
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "house_rules.yaml"
    path.write_text(text)
    return path


def test_every_shipped_suite_can_be_read():
    assert list(shipped()) == ["answer_basics"]


def test_a_suite_is_read_with_its_metrics(tmp_path):
    suite = read_suite(written(tmp_path, GOOD))

    assert (suite.name, suite.version) == ("house_rules", 3)
    assert [metric.evaluator.versioned for metric in suite.metrics] == ["answered/1"]


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("version: 3", "version: zero", 2, "version"),
        ("name: answered", "name: anwsered", 5, "metrics.0.name"),
        ("direction: up", "direction: sideways", 7, "metrics.0.direction"),
        ("min_effect: 0.02", "min_effect: 2", 8, "metrics.0.min_effect"),
        ("    min_effect: 0.02\n", "", 5, "metrics.0.min_effect"),
        ("about: What we care about.", "abuot: What we care about.", 1, "about"),
        ("    direction: up", "    direction: up\n    colour: red", 8, "metrics.0.colour"),
        ("suite: house_rules", "suite: House Rules", 1, "suite"),
    ],
)
def test_a_mistake_is_told_by_its_line_and_key(tmp_path, old, new, line, key):
    assert old in GOOD

    with pytest.raises(BadSuite) as refused:
        read_suite(written(tmp_path, GOOD.replace(old, new)))

    assert (refused.value.line, refused.value.key) == (line, key)
    assert f"house_rules.yaml, line {line}, {key}:" in str(refused.value)


def test_a_metric_that_is_unknown_is_told_with_the_ones_there_are(tmp_path):
    with pytest.raises(BadSuite, match="there are: answered, valid_json, tool_arguments_parse"):
        read_suite(written(tmp_path, GOOD.replace("answered", "anwsered")))


def test_a_metric_listed_twice_is_refused(tmp_path):
    twice = GOOD + GOOD[GOOD.index("  - name") :]

    with pytest.raises(BadSuite, match="listed twice: answered"):
        read_suite(written(tmp_path, twice))


@pytest.mark.parametrize(("text", "line"), [("suite: [", 1), ("suite: a\n  version: 3", 2), ("", 1), ("- a", 1)])
def test_what_is_no_suite_at_all_is_refused_with_a_line(tmp_path, text, line):
    with pytest.raises(BadSuite) as refused:
        read_suite(written(tmp_path, text))

    assert refused.value.line == line


def test_yaml_cannot_make_objects(tmp_path):
    with pytest.raises(BadSuite):
        read_suite(written(tmp_path, GOOD.replace("version: 3", "version: !!python/object/apply:os.getpid []")))


def test_any_change_of_the_file_makes_another_suite(tmp_path):
    first = read_suite(written(tmp_path, GOOD))

    assert read_suite(written(tmp_path, GOOD)).digest == first.digest
    assert read_suite(written(tmp_path, GOOD.replace("0.02", "0.03"))).digest != first.digest
