"""Which start of the machine this is: after another one, what was in memory alone is gone."""

import subprocess
from pathlib import Path
from uuid import uuid4

LINUX = Path("/proc/sys/kernel/random/boot_id")
MACOS = ("/usr/sbin/sysctl", "-n", "kern.bootsessionuuid")


def boot_id() -> str:
    """The same until the machine starts anew; never the same where the system does not say."""
    if LINUX.exists():
        return LINUX.read_text().strip()
    try:
        told = subprocess.run(MACOS, capture_output=True, text=True, timeout=5)  # noqa: S603  fixed words
    except (OSError, subprocess.TimeoutExpired):
        return uuid4().hex
    return told.stdout.strip() or uuid4().hex
