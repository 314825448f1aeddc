"""python -m kennel.view RUN: robots in a browser."""
from __future__ import annotations

import argparse
import logging
import sys

from .show import show


def _checkpoint(text: str) -> str:
    if text in ("newest", "best") or text.isdigit():
        return text
    raise argparse.ArgumentTypeError(f"{text!r}; expected newest, best or a number of steps")


def _command(text: str) -> list[float]:
    try:
        numbers = [float(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 3:
        raise argparse.ArgumentTypeError(f"{text!r}; expected three numbers with commas between them")
    return numbers


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m kennel.view", description="Shows robots in a browser, and is told there what they do.")
    parser.add_argument("what", help="folder of a run, or policy file (the robot's JSON)")
    parser.add_argument("--num-envs", type=int, default=1, metavar="N", help="robots side by side, 1 to 256 (default: 1)")
    parser.add_argument("--randomised", action="store_true", help="each robot its own masses, gains and friction, as the recipe draws them")
    parser.add_argument("--command", type=_command, metavar="A,B,C",
                        help="what the robots are told at first: vx,vy,yaw_rate in m/s and rad/s for one that walks (default: to stand)")
    parser.add_argument("--checkpoint", type=_checkpoint, default="newest", help="of a run: newest (reloaded as training writes it), best, or steps")
    parser.add_argument("--model", help="MJCF of a policy's robot that does not ship")
    parser.add_argument("--seed", type=int, default=1, help="of the environments (default: 1)")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (default: 127.0.0.1, this machine alone; the page has no password)")
    parser.add_argument("--port", type=int, default=8080, help="the next free one where it is taken (default: 8080)")
    flags = vars(parser.parse_args(arguments))
    logging.getLogger("websockets.server").setLevel(logging.CRITICAL)  # of connections that browsers open in reserve
    try:
        show(flags.pop("what"), **flags)
    except (ValueError, ImportError, OSError) as error:
        print(f"kennel: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # while the page was being made
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
