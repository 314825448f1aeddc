"""What Python adds to a step: kennel.Env beside the native loop, alternating, one thread each.

    python bench/python_step.py build/bin/host_batch_bench      (kennel importable: installed, or PYTHONPATH=build/python)

Seconds are of the thread's own processor time, the best of the repeats, so that other work on the machine counts little.
"""
import argparse
import subprocess
import sys
import time

import numpy as np

import kennel


def python_step(env: kennel.Env, actions: np.ndarray, steps: int) -> float:
    start = time.thread_time()
    for _ in range(steps):
        env.step(actions)
    return (time.thread_time() - start) / steps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("native", help="the program host_batch_bench")
    parser.add_argument("--num-envs", type=int, nargs="+", default=[16, 1024])
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    print("| environments | native, us a step | Python, us a step | more, us | rate of the native loop |")
    print("|---|---|---|---|---|")
    for num_envs in options.num_envs:
        steps = max(20, 200_000 // num_envs // 4)
        env = kennel.make("pupper", num_envs, seed=1, num_threads=1)
        env.reset()
        actions = np.zeros((num_envs, env.num_actions), np.float32)
        native, python = [], []
        for _ in range(options.repeats):
            ran = subprocess.run([options.native, str(num_envs), str(steps), "1"], check=True, capture_output=True, text=True)
            native.append(float(ran.stdout))
            env.reset(seed=1)
            python.append(python_step(env, actions, steps))
        a, b = 1e6 * min(native), 1e6 * min(python)
        print(f"| {num_envs} | {a:.1f} | {b:.1f} | {b - a:.1f} | {100 * a / b:.1f} % |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
