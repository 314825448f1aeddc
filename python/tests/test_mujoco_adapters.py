"""Adapters take backend="mujoco" as they take the native environments."""
import copy

import numpy as np
import pytest

pytest.importorskip("mujoco.batch")


def test_gymnasium_steps_it():
    pytest.importorskip("gymnasium")
    from kennel.gymnasium import VectorEnv

    envs = VectorEnv("pupper", num_envs=4, backend="mujoco")
    obs, infos = envs.reset(seed=3)
    for _ in range(3):
        obs, reward, terminated, truncated, infos = envs.step(np.zeros((4, 12), np.float32))
    assert obs.shape == (4, 72) and np.isfinite(obs).all() and infos["privileged_obs"].shape == (4, 87)
    envs.close()


def test_rsl_rls_runner_trains_on_it():
    torch = pytest.importorskip("torch")
    pytest.importorskip("rsl_rl")
    pytest.importorskip("tensordict")
    from rsl_rl.runners import OnPolicyRunner
    from test_rsl_rl import CONFIG

    from kennel.rsl_rl import VecEnv

    env = VecEnv("pupper", num_envs=16, seed=1, backend="mujoco", training_steps=16 * 48, log_interval=24)
    runner = OnPolicyRunner(env, copy.deepcopy(CONFIG), device="cpu")
    before = [p.clone() for p in runner.alg.get_policy().parameters()]
    runner.learn(3, init_at_random_ep_len=True)
    after = list(runner.alg.get_policy().parameters())
    assert any(not torch.equal(a, b) for a, b in zip(before, after)) and all(torch.isfinite(p).all() for p in after)
    assert len(set(env.episode_length_buf.tolist())) > 8 and env.env.progress == 1.0
