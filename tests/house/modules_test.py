"""Holds every include of the project against tests/house/modules.txt.

    modules_test.py SOURCE_DIR

Prints each include that the table does not allow, and exits with 1 when there is one.
"""
import pathlib
import re
import sys

INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)
CODE = {".h", ".cpp", ".cu", ".cuh"}


def read_table(path):
    table = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            module, row = line.split(":")
            table[module] = row.split()
    return table


def problems_of(table):
    """Rows that name a module which stands below them in the file, or none at all: with this, there are no circles."""
    seen = set()
    for module, row in table.items():
        yield from (f"modules.txt: {module} may not name {other}: it is not above it" for other in row if other not in seen)
        seen.add(module)


def module_of(path):
    """The module of a file, and whether others may include it."""
    parts = path.parts
    if parts[:2] == ("include", "kennel"):
        return parts[2], True
    if parts[0] == "src":
        return parts[1], False
    return parts[0], True


def target_of(root, includer, name):
    for candidate in (includer.parent / name, pathlib.Path("include") / name, pathlib.Path(name)):
        if (root / candidate).is_file():
            return candidate
    return None  # made by the build


def violations(root, table):
    folders = ["include/kennel", "src", "envs", "kernels", "python"]
    for file in sorted(f for folder in folders for f in (root / folder).rglob("*") if f.suffix in CODE):
        includer = file.relative_to(root)
        module, for_others = module_of(includer)
        if module == "torch":  # holds the precompiled header alone
            continue
        if module not in table:
            yield f"{includer}: module {module} has no row in modules.txt"
            continue
        for name in INCLUDE.findall(file.read_text()):
            target = target_of(root, includer, name)
            if target is None:
                continue
            other, offered = module_of(target)
            if other == module:
                if for_others and not offered:
                    yield f"{includer}: {name} is {module}'s own, and this header is offered; move it beside it"
                continue
            if other not in table[module]:
                yield f"{includer}: {module} may not include {other} ({name})"
            elif not offered:
                yield f"{includer}: {name} is {other}'s own; what others include belongs into include/kennel/{other}"


def main():
    root = pathlib.Path(sys.argv[1])
    table = read_table(root / "tests/house/modules.txt")
    found = [*problems_of(table), *violations(root, table)]
    print("\n".join(found) if found else f"{len(table)} modules, no include against the table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
