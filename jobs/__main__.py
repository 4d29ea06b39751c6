"""`python -m jobs`, and the file that spark-submit is given; it may be copied anywhere."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the command as a task."""
    here = Path(__file__).resolve()
    if here.name == "__main__.py":
        # spark-submit puts the file's folder on the path: our modules must not be found as `report` or `sql`
        sys.path[:] = [place for place in sys.path if not place or Path(place).resolve() != here.parent]
    from jobs.task import main as run_task

    run_task()


if __name__ == "__main__":
    main()
