"""Stable-Baselines3, its own PPO."""
import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

import stable_baselines3  # noqa: E402
from kennel.sb3 import VecEnv  # noqa: E402
from stable_baselines3.common.vec_env import VecMonitor  # noqa: E402

SHORT = {"env.episode_seconds": 0.5, "env.random_first_clock": False}


def test_infos_of_ended_environments_say_how_and_the_others_share_one():
    env = VecEnv("pupper", num_envs=8, overrides=SHORT, seed=1)
    env.reset()
    total = np.zeros(8)
    for _ in range(25):
        obs, reward, dones, infos = env.step(np.zeros((8, 12), np.float32))
        total += reward
        if not dones.any():
            assert all(info is infos[0] for info in infos) and infos[0] == {}
    assert dones.any()
    for k in np.flatnonzero(dones):
        assert infos[k]["TimeLimit.truncated"] and infos[k]["terminal_observation"].shape == (env.env.obs_size,)
        assert not np.array_equal(infos[k]["terminal_observation"], obs[k])
        assert infos[k]["episode"]["l"] == 25 and infos[k]["episode"]["r"] == pytest.approx(total[k], rel=1e-5)
    assert env.get_attr("num_envs") == [8] * 8 and env.env_is_wrapped(VecMonitor, [0]) == [False]


def test_seeds_reproduce():
    env = VecEnv("pupper", num_envs=8)
    env.seed(3)
    first = env.reset().copy()
    assert not np.array_equal(env.reset(), first)
    env.seed(3)
    assert np.array_equal(env.reset(), first)


def test_its_ppo_learns_the_small_task():
    env = VecEnv("lqr", num_envs=32, seed=1)
    model = stable_baselines3.PPO("MlpPolicy", env, n_steps=60, batch_size=480, gamma=0.95, seed=1, device="cpu",
                                  policy_kwargs={"net_arch": [32]}, learning_rate=3e-3)

    def mean_return():
        env.seed(9)
        obs, total = env.reset(), np.zeros(32)
        for _ in range(60):
            obs, reward, _, _ = env.step(model.predict(obs, deterministic=True)[0])
            total += reward
        return total.mean()

    before = mean_return()
    model.learn(60 * 32 * 15)
    after = mean_return()
    assert after > before + 20, (before, after)
