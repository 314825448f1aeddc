"""rsl_rl's own runner on the Pupper: python examples/rsl_rl_train.py policy.json, then kennel eval policy.json."""
import argparse

import torch
from rsl_rl.runners import OnPolicyRunner
from torch import nn

import kennel
from kennel.rsl_rl import VecEnv

NUM_STEPS = 24
NETWORK = {"class_name": "MLPModel", "hidden_dims": [96, 96], "activation": "elu", "obs_normalization": True}
CONFIG = {
    "num_steps_per_env": NUM_STEPS,
    "save_interval": 1_000_000,
    "check_for_nan": False,  # Kennel's numbers are finite, and the check costs
    "obs_groups": {"actor": ["policy"], "critic": ["privileged"]},
    "actor": {**NETWORK, "distribution_cfg": {"class_name": "GaussianDistribution", "init_std": 0.5}},
    "critic": NETWORK,
    "algorithm": {
        "class_name": "PPO",
        "gamma": 0.97,  # a horizon of 0.7 s
        "lam": 0.95,
        "entropy_coef": 0.006,
        "desired_kl": 0.01,
        "schedule": "adaptive",
        "learning_rate": 1e-3,
        "num_learning_epochs": 3,
        "num_mini_batches": 3,
    },
}
# The recipe's prices of changing actions are for longer trainings, which come to walk before them.
SCHEDULE = {"env.late_reward.from": 0.4, "env.late_reward.until": 0.9, "env.late_reward.action_rate": 10.0, "env.reward.track_yaw": 2.2}


def train(env: VecEnv, steps: int) -> OnPolicyRunner:
    runner = OnPolicyRunner(env, CONFIG, log_dir=None)
    runner.learn(-(-steps // (NUM_STEPS * env.num_envs)))
    return runner


def save(path: str, runner: OnPolicyRunner, env: VecEnv, steps: int) -> None:
    actor = runner.alg.actor
    layers = [(layer.weight, layer.bias) for layer in actor.mlp if isinstance(layer, nn.Linear)]
    norm = actor.obs_normalizer
    mean, deviation = norm.mean.flatten(), norm.std.flatten() + norm.eps
    kennel.save_policy(path, env.env, layers, activation="elu", mean=mean, deviation=deviation, env_steps=steps)


if __name__ == "__main__":
    args = argparse.ArgumentParser()
    args.add_argument("policy", nargs="?", default="policy.json")
    args.add_argument("--steps", type=int, default=20_000_000)
    args.add_argument("--envs", type=int, default=1024)
    args.add_argument("--recipe", default="fast")
    args.add_argument("--seed", type=int, default=1)
    args = args.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    env = VecEnv(
        "pupper-flat",
        args.envs,
        recipe=args.recipe,
        overrides=SCHEDULE,
        seed=args.seed,
        num_threads=1,
        training_steps=args.steps,
        cut_at_commands=True,
    )
    save(args.policy, train(env, args.steps), env, args.steps)
