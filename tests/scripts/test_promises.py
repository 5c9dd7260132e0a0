#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs/security.md names a test for each promise: they exist, and every invariant has one."""
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = os.path.join(TOP, "docs", "security.md")
INVARIANTS = {str(number) for number in range(1, 9)}


def program_path(name):
    """Where `unit/test_seat` is, or None."""
    for path in (name, name + ".c", name + ".py", name + ".sh"):
        whole = os.path.join(TOP, "tests", path)
        if os.path.exists(whole):
            return whole
    return None


def program_text(path):
    """What a test of it may be named in: itself, or all of a folder."""
    if os.path.isdir(path):
        path = os.path.join(path, "run.py")
    with open(path, encoding="utf-8") as file:
        return file.read()


def row_mistakes(cell):
    """Programs and tests that the last cell of a row names and that do not exist; how many it names."""
    mistakes, named, text, program = [], 0, None, None
    for word in re.findall(r"`([^`]*)`", cell):
        if re.fullmatch(r"[a-z_]+/[A-Za-z0-9_./-]+", word):
            path = program_path(word)
            program, text, named = word, program_text(path) if path else None, named + 1
            if not path:
                mistakes.append(f"no {word}")
        elif re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", word) and text:
            if not re.search(rf"\b{word}\b", text):
                mistakes.append(f"no {word} in {program}")
    return mistakes, named


def mistakes_of(lines):
    mistakes, proven = [], set()
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) < 3 or set(line) <= set("|- \n"):
            continue
        wrong, named = row_mistakes(cells[-1])
        mistakes += [f"docs/security.md:{number}: {what}" for what in wrong]
        if named and not wrong:
            proven.add(cells[0])
    return mistakes + [f"docs/security.md: no test of invariant {number}" for number in sorted(INVARIANTS - proven)]


def check_itself():
    """It finds what it is there to find."""
    table = [f"| {number} | p | w | `unit/test_seat` |\n" for number in sorted(INVARIANTS)]
    assert not mistakes_of(table)
    assert len(mistakes_of(table[1:])) == 1
    assert len(mistakes_of([*table, "| | p | w | `unit/test_there_is_none` |\n"])) == 1
    assert len(mistakes_of([*table, "| | p | w | `unit/test_seat`: `there_is_no_such_test` |\n"])) == 1


def main():
    check_itself()
    with open(DOCUMENT, encoding="utf-8") as file:
        mistakes = mistakes_of(file.readlines())
    print("\n".join(mistakes))
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
