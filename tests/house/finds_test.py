"""The test of modules can fail: a small project with one fault of each kind."""
import pathlib
import tempfile

import modules_test

FILES = {
    "tests/house/modules.txt": "low:\nmiddle: low\nhigh: low middle\n",
    "include/kennel/low/a.h": '#include "kennel/middle/b.h"\n',  # upwards
    "include/kennel/middle/b.h": '#include "kennel/low/a.h"\n',
    "src/middle/own.h": "",
    "src/middle/b.cpp": '#include "own.h"\n#include "kennel/middle/b.h"\n#include "made_by_the_build.h"\n',
    "src/high/c.cpp": '#include "src/middle/own.h"\n',  # another's own
    "src/stranger/d.cpp": "",  # without a row
    "include/kennel/high/e.h": '#include "src/high/hidden.h"\n',  # offers what it hides
    "src/high/hidden.h": "",
}
EXPECTED = ["low may not include middle", "own.h is middle's own", "module stranger has no row", "hidden.h is high's own, and this header is offered"]

with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    table = modules_test.read_table(root / "tests/house/modules.txt")
    found = list(modules_test.violations(root, table))
    assert len(found) == len(EXPECTED), found
    for what in EXPECTED:
        assert any(what in line for line in found), (what, found)

assert not list(modules_test.problems_of(table))
circle = {"a": ["b"], "b": ["a"]}
assert list(modules_test.problems_of(circle)) == ["modules.txt: a may not name b: it is not above it"]
