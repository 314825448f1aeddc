import numpy as np
import pytest

import kennel


@pytest.fixture
def env():
    with kennel.make("pupper-flat", num_envs=37, seed=3, num_threads=1) as made:
        made.reset()
        yield made


@pytest.fixture
def waves():
    """Actions that depend on the step and the environment alone: waves(env, step)."""

    def actions(env, step: int) -> np.ndarray:
        phases = np.arange(env.num_envs)[:, None] + np.arange(env.num_actions)[None, :]
        return (0.8 * np.sin(0.7 * step + phases)).astype(np.float32)

    return actions
