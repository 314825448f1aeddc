"""Hardly any file outside envs names a robot: what the rest knows of one comes from its contract.

    robots_test.py SOURCE_DIR
"""
import pathlib
import sys

ALLOWED = {
    "include/kennel/core/resource.h",  # the robot that is meant where none is named
    "src/policy/first_format.cpp",  # what old policy files leave unsaid
    "src/export/policy_formats.cpp",  # what a format was called at first
}

root = pathlib.Path(sys.argv[1])
robots = {folder.name.split("_")[0] for folder in (root / "envs").iterdir() if (folder / f"{folder.name}.xml").exists()}
assert robots, "no robots in envs"
naming = {
    str(file.relative_to(root))
    for folder in ("include", "src", "kernels", "cmake")
    for file in (root / folder).rglob("*")
    if file.is_file() and any(robot in file.read_text(errors="replace").lower() for robot in robots)
}
for file in sorted(naming - ALLOWED):
    print(f"{file} names a robot ({', '.join(sorted(robots))}); take it from the robot's contract or traits")
for file in sorted(ALLOWED - naming):
    print(f"{file} names no robot any more: take it off the list in robots_test.py")
sys.exit(naming != ALLOWED)
