"""`kennel.view(...)`."""
from __future__ import annotations

import os
import sys
from typing import Any, Sequence

from .._core import Error


def show(
    what: Any,
    *,
    policy: Any = None,
    num_envs: int = 1,
    randomised: bool = False,
    command: Sequence[float] | None = None,
    checkpoint: str | int = "newest",
    model: str | os.PathLike | None = None,
    seed: int = 1,
    host: str = "127.0.0.1",
    port: int = 8080,
    block: bool = True,
) -> Any:
    """Opens a page with robots that walk as they are told; the address is printed.

    Whoever opens the page tells them: the page has no password. It is served to this machine alone
    unless `host` says otherwise. Where the port is taken the next free one is used.

    Args:
      what: the folder of a run, a policy or its file, or a `kennel.Env`. Of a run and a policy
        environments are made: as trained, but commands, episodes' ends and pushes are the page's.
      policy: for an environment, what maps observations (num_envs, obs_size) to actions, or a
        policy's file; None: actions are zero.
      num_envs: robots side by side, 1 to 256; an environment has its own number.
      randomised: each robot its own masses, gains and friction, as the recipe draws them.
      command: what they are told at first, three numbers; None: to stand.
      checkpoint: of a run: "newest", which is taken anew whenever training writes one, "best", or
        a number of steps.
      model: MJCF to draw, of an environment whose robot does not ship.
      seed: of the environments. host, port: where the page is served; port 0: any free one.
      block: True: returns when Ctrl-C is pressed. False: at once; call `close` of what returns.

    Returns:
      The `Viewer`, closed if `block`.

    Raises:
      kennel.Error: what cannot be shown, in one line. ImportError: viser or mjviser is missing.
    """
    try:
        import mjviser  # noqa: F401
        import viser  # noqa: F401
    except ImportError as error:
        raise ImportError(f"a browser view needs viser and mjviser ({error}); try: {sys.executable} -m pip install viser mjviser") from None
    from .source import source_of
    from .viewer import Viewer

    if not isinstance(num_envs, int) or not 1 <= num_envs <= 256:
        raise Error(f"num_envs = {num_envs!r}; expected 1 to 256")
    source = source_of(what, policy=policy, num_envs=num_envs, randomised=randomised, checkpoint=checkpoint, model=model, seed=seed)
    try:
        viewer = Viewer(source, host=host, port=port)
        if command is not None:
            viewer.tell(command)
    except BaseException:
        source.close()
        raise
    viewer.start()
    if block:
        viewer.wait()
    return viewer
