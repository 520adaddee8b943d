import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
import numpy as np
from pipeline.core.allocator import keep_freed_memory
kept = sys.argv[1] == "kept" and keep_freed_memory()
for _ in range(2):
    np.ones(1 << 23)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    np.ones(1 << 23)
print(int(kept), resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(mode: str) -> tuple[bool, int]:
    """Whether memory is kept, and page faults of ten arrays of 64 MB."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, mode], capture_output=True, text=True, check=True)
    kept, count = map(int, done.stdout.split())
    return bool(kept), count


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone is told")
def test_large_arrays_come_from_memory_that_is_there() -> None:
    kept, few = faults("kept")
    if not kept:
        pytest.skip("another C library")
    assert few * 10 < faults("usual")[1]
