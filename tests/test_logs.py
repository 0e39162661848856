"""What a service says when something breaks."""

import subprocess
import sys

BREAKS = """
import structlog
from ledger import logs

logs.configure()
prompt = "the customer's secret " + "words"
try:
    prompt.no_such_thing
except AttributeError:
    structlog.get_logger("writer").exception("broke")
"""


def test_a_traceback_names_lines_but_shows_no_variables():
    told = subprocess.run([sys.executable, "-c", BREAKS], capture_output=True, text=True, check=True)

    assert "AttributeError" in told.stdout
    assert "no_such_thing" in told.stdout
    assert "secret words" not in told.stdout
