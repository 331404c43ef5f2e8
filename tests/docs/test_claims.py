"""The page of what the operator cannot do: each claim names tests, and they exist."""

import re

import pytest
from tests.docs.test_documentation import ROOT

PAGE = ROOT / "docs" / "reference" / "operator.md"
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
CLAIMS = [row for row in ROWS if not row.endswith("| tests |")]
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.split("|")[1].strip())
def test_a_claim_names_tests_that_exist(claim):
    named = REFERENCE.findall(claim.split("|")[-2])
    assert named
    for file, test in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^def {test}\(" if test else r"^def test_", source, re.MULTILINE), (
            f"{file}::{test}"
        )


def test_the_page_has_claims():
    assert len(CLAIMS) > 20
