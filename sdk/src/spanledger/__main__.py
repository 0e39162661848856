"""The command line: `python -m spanledger doctor`."""

import logging
import sys

from spanledger._doctor import examine


def main(arguments: list[str]) -> int:
    if arguments != ["doctor"]:
        sys.stderr.write("usage: python -m spanledger doctor\n")
        return 2
    logging.basicConfig(format="%(message)s")
    return examine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
