"""What is found and what is left alone, counted over hundreds of labelled snippets."""

from collections import Counter
from uuid import UUID

import pytest

from ingest.redaction.marks import MARK
from ingest.redaction.redactor import Redactors
from ingest.redaction.texts import Texts
from ledger.domain.redaction import STANDARD, Policy
from tests.ingest.redaction.snippets import Snippet, plain, wanted

RECALL, FALSE_POSITIVES = 0.98, 0.005
SECRETS = {snippet.label for snippet in wanted()} - {"email", "card", "iban", "ssn", "phone", "ip"}


def texts(policy: Policy) -> Texts:
    found = Redactors("a secret").of(UUID(int=7), policy).texts
    assert found is not None
    return found


def is_found(snippet: Snippet, redacted: str) -> bool:
    """A mark of the right class stands there, and the value nowhere."""
    rest = MARK.sub("", redacted)
    return f"[{snippet.label}:" in redacted and (snippet.value not in rest or len(snippet.value) < 3)


def test_there_are_enough_snippets_of_each_class() -> None:
    by_label = Counter(snippet.label for snippet in wanted())

    assert len(by_label) >= 18
    assert by_label.total() >= 450
    assert sum(1 for _ in plain()) >= 1400


@pytest.mark.parametrize("label", sorted({snippet.label for snippet in wanted()}))
def test_of_each_class_almost_all_are_found(label: str) -> None:
    redact = texts(Policy(personal=True))
    snippets = [snippet for snippet in wanted() if snippet.label == label]

    missed = [snippet.text for snippet in snippets if not is_found(snippet, redact.text(snippet.text))]

    assert len(missed) <= (1 - RECALL) * len(snippets), missed


@pytest.mark.parametrize("personal", [False, True])
def test_code_ids_hashes_numbers_and_versions_are_left_alone(personal: bool) -> None:
    redact = texts(Policy(personal=personal))
    snippets = list(plain())

    touched = [(snippet.text, said) for snippet in snippets if (said := redact.text(snippet.text)) != snippet.text]

    assert len(touched) <= FALSE_POSITIVES * len(snippets), touched


def test_personal_data_stay_unless_the_project_asks() -> None:
    redact = texts(STANDARD)
    snippets = list(wanted())

    touched = {snippet.label for snippet in snippets if redact.text(snippet.text) != snippet.text}

    assert touched == SECRETS


def test_what_is_redacted_stays_as_it_is_when_it_is_redacted_again() -> None:
    redact = texts(Policy(personal=True))
    for snippet in wanted():
        once = redact.text(snippet.text)

        assert redact.text(once) == once
