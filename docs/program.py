"""Tables of the documentation that the program prints of itself (`kennel info --json`)."""
from __future__ import annotations

import functools
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEARNERS = ROOT / "src" / "learners"


def path() -> pathlib.Path:
    """The built program: KENNEL_PROGRAM, or the build folder's."""
    found = pathlib.Path(os.environ.get("KENNEL_PROGRAM") or ROOT / "build" / "bin" / "kennel")
    if not found.is_file():
        raise SystemExit(f"docs: no program at {found}; build it (./kennel build), or name it by KENNEL_PROGRAM")
    return found


@functools.cache
def said(*arguments: str):
    """What `kennel info ARGUMENTS --json` says."""
    run = subprocess.run([path(), "info", *arguments, "--json"], capture_output=True, text=True, cwd=ROOT, check=True)
    return json.loads(run.stdout)


def _table(head: list[str], rows: list[list]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines)


def _terms(terms: list[dict]) -> str:
    rows = []
    for term in terms:
        first, last = term["offset"], term["offset"] + term["size"] - 1
        place = f"{first}" if first == last else f"{first} to {last}"
        rows.append([place, f"`{term['name']}`", term["unit"], f"{term['scale']:g}"])
    return _table(["numbers", "term", "unit and frame", "times"], rows)


def observation() -> str:
    return _terms(said()["observation_frame"])


def critic() -> str:
    return _terms(said()["critic_sees_besides"])


def joints() -> str:
    """The shipped robot's joints in the order of actions and observations."""
    legs = said("--model", "envs/pupper_v3/pupper_v3.xml")["legs"]
    all_joints = [(leg["name"], joint) for leg in legs for joint in leg["joints"]]
    rows = []
    for place, (leg, joint) in enumerate(all_joints):
        low, high = joint["range"]
        rows.append([place, f"`{joint['name']}`", leg, f"{joint['stance']:g}", f"{low:g} to {high:g}", f"{joint['kp']:g}",
                     f"{joint['kd']:g}", f"{joint['torque'][1]:g}"])
    return _table(["action", "joint", "leg", "default pose, rad", "range, rad", "kp, N m/rad", "kd, N m s/rad", "torque, N m"], rows)


def _named(key: str, head: str) -> str:
    return _table([head, "what it is"], [[f"`{name}`", meaning] for name, meaning in said()[key].items()])


def recipes() -> str:
    return _named("recipes", "recipe")


def tasks() -> str:
    return _named("tasks", "task") + "\n\n" + _named("small_tasks", "small task, without a robot")


def keys() -> str:
    """Every key of the default recipe, a table a section."""
    parts = []
    for section, fields in said()["recipe"].items():
        rows = [[f"`{key}`", f"`{json.dumps(field['value'])}`", field["doc"]] for key, field in fields.items()]
        parts += [f"### `[{section}]`", _table(["key", "default", "what it does"], rows)]
    return "\n\n".join(parts)


def _text_of(section: str) -> pathlib.Path:
    """The header that begins with a method's equations: named as its section, but for ppo's update."""
    for name in (f"{section}_update.h", f"{section}.h"):
        for file in sorted(LEARNERS.glob(f"*/{name}")):
            return file
    raise SystemExit(f"docs: no header of the method [{section}] below {LEARNERS}")


def _opening_comment(file: pathlib.Path) -> str:
    lines = []
    for line in file.read_text().splitlines():
        if not line.startswith("//"):
            break
        lines.append(line[2:].removeprefix(" "))
    return "\n".join(lines).rstrip()


def methods() -> str:
    """A section a method: where it stands, and its file's opening, which has source and equations."""
    parts = []
    for method in said("--algorithms"):
        file = _text_of(method["section"])
        kind = f"Numbers: `[{method['section']}]`. Policy: {method['policy']}." + (
            f" Not for: {method['cannot']}." if method["cannot"] else "")
        parts += [f"## {method['name']}", f"{method['summary'][0].upper()}{method['summary'][1:]}.",
                  f"{kind} Text: `{file.relative_to(ROOT).as_posix()}`.", f"```text\n{_opening_comment(file)}\n```"]
    return "\n\n".join(parts)


PARTS = {part.__name__: part for part in (observation, critic, joints, recipes, tasks, keys, methods)}
