"""A reward, an observation and a curriculum of one's own, trained by rsl_rl: python examples/own_reward.py

The robot learns to bob: its base goes up and down twice a second, by a clock that the policy sees.
"""
import math

import torch
from rsl_rl_train import train

from kennel.rsl_rl import VecEnv


def phase(env):
    return env.episode_length.float() * env.control_dt * 2 * math.pi * 2  # twice a second


def clock(env, now):  # (num_envs, 2), two columns more
    return torch.stack([phase(env).sin(), phase(env).cos()], 1)


def bob(env, now):  # (num_envs), instead of the native reward
    height = 0.15 + 0.03 * phase(env).sin()
    follows = torch.exp(-((now["base_height"][:, 0] - height) / 0.02) ** 2)
    still = torch.exp(-now["base_linear_velocity"][:, :2].square().sum(1) / 0.1)
    smooth = (env.state["action"] - env.state["previous_action"]).square().sum(1)
    return env.control_dt * (follows + still - 0.02 * smooth) - 1.0 * now.terminated


def easier_at_first(env, began):  # friction from high to what was drawn
    env.state["command"][:] = 0.0
    env.params["friction"][began] += 1.0 - env.progress


if __name__ == "__main__":
    torch.set_num_threads(1)
    env = VecEnv("pupper-flat", 1024, seed=1, reward=bob, extra_obs=clock, curriculum=easier_at_first, training_steps=3_000_000)
    policy = train(env, 3_000_000).get_inference_policy()
    with torch.inference_mode():
        rewards = torch.stack([env.step(policy(env.get_observations()))[1] for _ in range(500)])
    print(f"reward {rewards.mean() / env.step_dt:.2f} a second, of at most 2")
