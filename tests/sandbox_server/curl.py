"""As much of curl as the page's examples use, for machines that have none."""

from __future__ import annotations

import argparse
import sys
import urllib.error
import urllib.request


def main() -> None:
    """Make the call that the command line says, and print the answer's body."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="data")
    options = parser.parse_args()
    request = urllib.request.Request(  # noqa: S310 - the test's own server
        options.url, data=options.data.encode() if options.data is not None else None
    )
    for header in options.headers:
        name, _, value = header.partition(":")
        request.add_header(name, value.strip())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            sys.stdout.buffer.write(answer.read())
    except urllib.error.HTTPError as answer:
        sys.stdout.buffer.write(answer.read())


if __name__ == "__main__":
    main()
