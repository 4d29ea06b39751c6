"""`python -m jobs.reference FOLDER`: write the pages."""

from __future__ import annotations

import sys
from pathlib import Path

from jobs.reference import PAGES


def main() -> None:
    """Write every page into the folder named."""
    for name, page in PAGES.items():
        Path(sys.argv[1], name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
