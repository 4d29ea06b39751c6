"""Time and peak memory of `customer360 generate --shape scale`."""

from __future__ import annotations

import argparse
import tempfile

from processes import customer360


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("spark", "embedded"), default="embedded")
    parser.add_argument("--customers", type=int, nargs="+", default=[342_000])
    options = parser.parse_args()
    for customers in options.customers:
        with tempfile.TemporaryDirectory() as folder:
            found = customer360(
                *("generate", "--shape", "scale", "--customers", str(customers)),
                *("--lake", f"{folder}/lake", "--engine", options.engine),
            )
        print(f"{options.engine} {customers:,} customers: {found.seconds:.1f} s, peak {found.peak_mb:.0f} MB")


if __name__ == "__main__":
    main()
