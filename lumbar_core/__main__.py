"""`python -m lumbar_core`: the command line."""

import sys

from lumbar_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
