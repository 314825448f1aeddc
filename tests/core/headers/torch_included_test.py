"""A header that names something of LibTorch's reaches a header of LibTorch's through its own includes."""
import re
import sys
from pathlib import Path

NAMES = re.compile(r'\b(torch|at|c10)::')
INCLUDE = re.compile(r'^#include (?:<([^>]+)>|"([^"]+)")', re.MULTILINE)
COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/', re.DOTALL)


def reaches_torch(header, root, seen):
  if header in seen or not header.exists():
    return False
  seen.add(header)
  for system, own in INCLUDE.findall(header.read_text()):
    if re.match(r'(torch|ATen|c10)/', system):
      return True
    if own and any(reaches_torch(root / folder / own, root, seen) for folder in ('include', '.')):
      return True
  return False


def main(root, headers):
  naming = [h for h in headers if NAMES.search(COMMENT.sub('', (root / h).read_text()))]
  guilty = [h for h in naming if not reaches_torch(root / h, root, set())]
  for header in guilty:
    print(f'{header} names torch:: or at:: and includes nothing that defines it; add <torch/types.h>')
  print(f'{len(naming)} of {len(headers)} headers name LibTorch')
  return 1 if guilty or not naming else 0


if __name__ == '__main__':
  sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
