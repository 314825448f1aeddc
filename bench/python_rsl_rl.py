"""rsl_rl's own runner on Kennel beside the same runner on the same task over MuJoCo's batch interface: environment steps a second.

    python bench/python_rsl_rl.py [--num-envs 1024 4096] [--networks example 96-96 256-256-256] [--torch-threads 1 2] [--repeats 3]

Both sides take turns within a process, on the same cores: an iteration of Kennel's, one of MuJoCo's, and again. A line of JSON each: the
best iteration of the repeats, with the seconds that rsl_rl counts as collection and as learning, and the processor's seconds of both, which
other work on the machine stretches less (best of the repeats likewise; with one thread each they are what an idle core would take). The first
iteration of each is not counted.
"""
import argparse
import copy
import json
import os
import pathlib
import sys
import time

import torch
from rsl_rl.runners import OnPolicyRunner

from kennel.rsl_rl import VecEnv

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "examples"))
from rsl_rl_train import CONFIG  # noqa: E402  what walks

SIDES = ("kennel", "mujoco")


def config(network: str) -> dict:
    """"example": as examples/rsl_rl_train.py has it. Widths of hidden layers: rsl_rl's own example in everything but these."""
    if network == "example":
        return CONFIG
    model = {"class_name": "MLPModel", "hidden_dims": [int(width) for width in network.split("-")], "activation": "elu", "obs_normalization": False}
    return {
        "num_steps_per_env": 24,
        "save_interval": 10**9,
        "obs_groups": {"actor": ["policy"], "critic": ["policy", "privileged"]},
        "algorithm": {"class_name": "PPO", "num_learning_epochs": 5, "num_mini_batches": 4},
        "actor": {**model, "distribution_cfg": {"class_name": "GaussianDistribution", "init_std": 1.0}},
        "critic": dict(model),
    }


def runner_of(backend: str, options: argparse.Namespace, num_envs: int, network: str) -> OnPolicyRunner:
    torch.manual_seed(1)
    env = VecEnv("pupper", num_envs=num_envs, seed=1, num_threads=options.env_threads, backend=backend)
    runner = OnPolicyRunner(env, copy.deepcopy(config(network)), device="cpu")
    runner.times, runner.busy = [], []
    compute_returns = runner.alg.compute_returns

    def at_the_end_of_collection(obs):
        runner.collected = time.process_time()
        compute_returns(obs)

    runner.alg.compute_returns = at_the_end_of_collection
    runner.logger.log = lambda **told: runner.times.append((told["collect_time"], told["learn_time"]))
    return runner


def iterate(runner: OnPolicyRunner) -> None:
    start = time.process_time()
    runner.learn(1)
    runner.busy.append((runner.collected - start, time.process_time() - runner.collected))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--num-envs", type=int, nargs="+", default=[1024, 4096])
    parser.add_argument("--networks", nargs="+", default=["example", "96-96", "256-256-256"], help="example, or widths of hidden layers")
    parser.add_argument("--torch-threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--env-threads", type=int, default=0, help="of the simulators; 0: one a core")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for num_envs in options.num_envs:
        for network in options.networks:
            runners = [runner_of(side, options, num_envs, network) for side in SIDES]
            for threads in options.torch_threads:
                torch.set_num_threads(threads)
                measure(runners, options.repeats, {"num_envs": num_envs, "network": network, "torch_threads": threads})
            for runner in runners:
                runner.env.close()
    return 0


def measure(runners: list[OnPolicyRunner], repeats: int, setting: dict) -> None:
    for runner in runners:
        iterate(runner)
        runner.times.clear(), runner.busy.clear()
    for _ in range(repeats):
        for runner in runners:
            iterate(runner)
    rates = []
    for side, runner in zip(SIDES, runners):
        steps = setting["num_envs"] * runner.cfg["num_steps_per_env"]
        row = {"backend": side, **setting, "load": round(os.getloadavg()[0], 1), "cores": len(os.sched_getaffinity(0))}
        for of, seconds in (("", min(runner.times, key=sum)), ("processor_", min(runner.busy, key=sum))):
            row[f"{of}steps_per_second"] = round(steps / sum(seconds))
            row[f"{of}collection_s"], row[f"{of}learning_s"] = (round(part, 4) for part in seconds)
        rates.append(row)
    for name in ("steps_per_second", "processor_steps_per_second"):
        rates[1][f"ratio_of_{name}"] = round(rates[0][name] / rates[1][name], 2)
    for row in rates:
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    sys.exit(main())
