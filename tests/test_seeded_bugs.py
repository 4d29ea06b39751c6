"""The bugs that the soak puts in on purpose still fit the code: each replaces a text that stands once."""

import pytest

from tests.faults.runs import ROOT
from tests.soak.mutants import MUTANTS


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_text_that_a_seeded_bug_replaces_stands_once(mutant):
    assert (ROOT / mutant.file).read_text("utf-8").count(mutant.old) == 1
    assert mutant.old != mutant.new
