"""The Python package's reference, of its own text: signatures and docstrings, without importing it."""
from __future__ import annotations

import ast
import pathlib
import re
import textwrap

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "python" / "kennel"
_SECTION = re.compile(r"(Args|Returns|Raises|Attributes):")


def _doc(node: ast.AST) -> str:
    """A docstring as Markdown: a section's title in bold, what is indented below it as it stands."""
    out, block = [], []

    def end_block() -> None:
        if block:
            out.append("```text\n" + textwrap.dedent("\n".join(block)).rstrip() + "\n```")
            block.clear()

    for line in (ast.get_docstring(node) or "").splitlines():
        if _SECTION.fullmatch(line.strip()):
            end_block()
            out.append(f"**{line.strip().rstrip(':')}**\n")
        elif line.startswith("  ") or (block and not line.strip()):
            block.append(line)
        else:
            end_block()
            out.append(line)
    end_block()
    return "\n".join(out)


def _signature(function: ast.FunctionDef, owner: str = "") -> str:
    arguments = ast.unparse(function.args).removeprefix("self").removeprefix(", ").removeprefix("/, ")
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    return f"```python\n{owner}{function.name}({arguments}){returns}\n```"


def _is_property(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator) == "property" for decorator in function.decorator_list)


def _is_setter(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator).endswith(".setter") for decorator in function.decorator_list)


def _class(node: ast.ClassDef, module: str, text: list[str]) -> list[str]:
    parts = [f"### {module}.{node.name}", _doc(node)]
    if "NamedTuple" in [ast.unparse(base) for base in node.bases]:
        fields = [text[line.lineno - 1].strip() for line in node.body if isinstance(line, ast.AnnAssign)]  # with their comments
        parts.append("```python\n" + "\n".join(fields) + "\n```")
    for member in node.body:
        if not isinstance(member, ast.FunctionDef) or _is_setter(member) or not ast.get_docstring(member):
            continue
        if member.name.startswith("_") and member.name != "__init__":
            continue
        heading = f"#### {node.name}.{member.name}"
        parts += [heading] if _is_property(member) else [heading, _signature(member)]
        parts.append(_doc(member))
    return parts


def _module(name: str) -> str:
    """Public classes and functions of a module of the package; a public one has a docstring."""
    text = (PACKAGE / f"{name}.py").read_text()
    tree = ast.parse(text)
    of_package = name in _imported()
    module = "kennel" if of_package else f"kennel.{name}"
    parts = [] if of_package else [f"## {module}", _doc(tree)]
    exported = _exported(ast.parse((PACKAGE / "__init__.py").read_text()) if of_package else tree)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in exported:
            parts += _class(node, module, text.splitlines())
        elif isinstance(node, ast.FunctionDef) and node.name in exported:
            parts += [f"### {module}.{node.name}", _signature(node), _doc(node)]
    return "\n\n".join(parts)


def _exported(tree: ast.Module) -> set[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def _imported() -> list[str]:
    """Modules whose names `import kennel` brings, but for the compiled one."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    return [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module not in (None, "_core")]


def package() -> str:
    return "\n\n".join(_module(name) for name in _imported())


def adapters() -> str:
    return "\n\n".join(_module(name) for name in ("own_terms", "gymnasium", "rsl_rl", "isaaclab", "sb3"))


PARTS = {"package": package, "adapters": adapters}
