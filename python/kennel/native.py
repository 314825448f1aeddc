"""`kennel._train`, the module that trains: LibTorch is its arrays, so it is loaded after torch, when it is first asked for."""
from __future__ import annotations

import importlib

from . import _core


def module():
    """The module. Raises ImportError in one line, with what to install, where it cannot be had."""
    wanted = _core.built_for_torch
    if not wanted:
        raise ImportError("this kennel was built without LibTorch, which this needs; where torch is installed: pip install --no-build-isolation -C cmake.define.KENNEL_TORCH=ON . in its sources")
    try:
        import torch
    except ImportError:
        raise ImportError(f"this needs torch; try: pip install torch=={wanted}") from None
    found = torch.__version__.split("+")[0]
    if found != wanted:
        raise ImportError(f"this kennel was built for torch {wanted}, and here is {found}; try: pip install torch=={wanted}")
    return importlib.import_module("._train", __package__)
