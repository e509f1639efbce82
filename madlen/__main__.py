"""Care for the database from the command line: ``python -m madlen backup FILE``, ``check``, ``reindex``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from madlen import settings
from madlen.errors import MadlenError
from madlen.store import upkeep


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 when all is well, 1 with a sentence for each thing that is not."""
    wanted = _parser().parse_args(arguments)
    try:
        url = settings.load().database_url
        match wanted.command:
            case "backup":
                upkeep.backup(url, wanted.file)
                print(f"The database was copied to {wanted.file}, and the copy is sound.")
                return 0
            case "reindex":
                upkeep.reindex(url)
        findings = upkeep.check(url)
    except MadlenError as error:
        print(error, file=sys.stderr)
        return 1
    for finding in findings:
        print(finding)
    if not findings:
        print("The database is sound.")
    return 1 if findings else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m madlen", description="Care for the database.")
    commands = parser.add_subparsers(dest="command", required=True)
    backup = commands.add_parser("backup", help="copy the database, also while Madlen runs")
    backup.add_argument("file", type=Path, help="the copy, which must not exist yet")
    commands.add_parser("check", help="say whether the database is sound")
    commands.add_parser("reindex", help="make the search indexes anew from the texts")
    return parser


if __name__ == "__main__":
    sys.exit(main())
