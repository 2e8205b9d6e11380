"""Run the command line: ``python -m symsched``."""

import sys

from symsched.cli import main

if __name__ == "__main__":
    sys.exit(main())
