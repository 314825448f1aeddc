#!/usr/bin/env python3
"""What a lost rank costs: trainings of several ranks, one of which is killed or stopped at a random moment.

Of every trial: how long the others lived on, what was said, and whether `--resume` with another number of ranks ends in
the checkpoint of a training that nothing happened to, byte for byte. A line of JSON a trial, a summary at the end;
exit code 1 where a trial went wrong.

    python bench/ranks_killed.py --program build/bin/kennel --trials 40 --out ranks_killed.jsonl
"""
from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# 20 iterations; a checkpoint and a judgement are never far from any moment.
TRAINING = ["--recipe", "fast", "--num-envs", "256", "--steps", "122880", "--seed", "3", "--device", "cpu",
            "--set", "train.judge_episodes=1", "--set", "train.checkpoint_every=3"]
LIMIT_S = 60
IN_TRAINING = 0.85  # share of the trials whose moment is in training; in the others the first rank judges
LOST = re.compile(r"lost rank (\d+) on [^\s:]+(?: \((?:while it )?([^)]+)\))?")


def train(program: str, folder: pathlib.Path, arguments: list[str], patience: int) -> subprocess.Popen:
    return subprocess.Popen([program, "train", *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            text=True, env={**os.environ, "KENNEL_RANK_TIMEOUT": str(patience)})


def ranks_of(parent: int) -> list[int]:
    """Process numbers, in the order of ranks."""
    try:
        return [int(pid) for pid in pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except FileNotFoundError:
        return []


def alive(pid: int) -> bool:
    """Whether it has not ended, be it waited for or not."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def result_of(folder: pathlib.Path) -> bytes:
    return (folder / "checkpoints" / "last.ckpt").read_bytes()


def trial(args, chance: random.Random, whole: bytes, trained: float, seconds: float) -> dict | None:
    """One trial; None when the training was over first."""
    ranks = chance.choice([2, 3, 4])
    victim = chance.randrange(ranks)
    number = chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP])
    moment = chance.uniform(0.0, trained) if chance.random() < IN_TRAINING else chance.uniform(trained, seconds)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        process = train(args.program, folder, [*TRAINING, "--ranks", str(ranks), "--out", "run"], args.patience)
        time.sleep(moment)
        pids = ranks_of(process.pid)
        if len(pids) == 1:  # the first rank alone: it judges, and nobody would miss it
            victim, number = 0, signal.SIGKILL
        if process.poll() is not None or victim >= len(pids) or len(pids) not in (1, ranks) or not alive(pids[victim]):
            process.communicate()
            return None
        os.kill(pids[victim], number)
        started = time.monotonic()
        try:
            _, said = process.communicate(timeout=2 * LIMIT_S)
        except subprocess.TimeoutExpired:
            for pid in [*pids, process.pid]:
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
            process.wait()
            return {"ranks": ranks, "rank": victim, "signal": number.name, "at_s": round(moment, 2), "ended_s": None, "ok": False}
        ended = time.monotonic() - started
        left = [pid for pid in pids if alive(pid)]
        lost = LOST.search(said)
        checkpoints = sorted(f.name for f in (folder / "run" / "checkpoints").glob("*.ckpt"))
        others = chance.choice([n for n in (1, 2, 3, 4) if n != ranks])
        if checkpoints:
            more = ["--resume", "run"]
        else:  # before the first checkpoint there is nothing to lose
            shutil.rmtree(folder / "run", ignore_errors=True)
            more = [*TRAINING, "--out", "run"]
        resumed = train(args.program, folder, [*more, "--ranks", str(others)], args.patience)
        _, complaint = resumed.communicate()
        same = resumed.returncode == 0 and result_of(folder / "run") == whole
        return {
            "ranks": ranks, "rank": victim, "signal": number.name, "at_s": round(moment, 2), "ended_s": round(ended, 1),
            "exit_code": process.returncode, "named": int(lost[1]) if lost else None, "phase": lost[2] if lost else None,
            "said": said.strip().splitlines()[-1] if said.strip() else "", "left_behind": len(left), "checkpoints": len(checkpoints),
            "resumed_with": others, "same_checkpoint": same, "complaint": "" if same else complaint.strip()[-400:],
            "ok": same and not left and process.returncode != 0 and ended <= LIMIT_S
            and lost is not None and int(lost[1]) == victim,
        }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--program", default=str(pathlib.Path(__file__).resolve().parents[1] / "build" / "bin" / "kennel"))
    options.add_argument("--trials", type=int, default=40)
    options.add_argument("--seed", type=int, default=1, help="of moments, ranks and signals")
    options.add_argument("--patience", type=int, default=12, help="KENNEL_RANK_TIMEOUT")
    options.add_argument("--out", help="file for the lines; else they are printed")
    args = options.parse_args()
    args.program = str(pathlib.Path(args.program).resolve())
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        train(args.program, folder, [*TRAINING, "--out", "one"], args.patience).communicate()
        whole = result_of(folder / "one")
        started = time.monotonic()
        three = train(args.program, folder, [*TRAINING, "--ranks", "3", "--out", "three"], args.patience)
        time.sleep(1.0)
        while len(ranks_of(three.pid)) == 3:
            time.sleep(0.05)
        trained = time.monotonic() - started
        three.communicate()
        seconds = time.monotonic() - started
        if result_of(folder / "three") != whole:
            sys.exit("three ranks do not end in the checkpoint of one: see tests/app/ranks_test.cpp first")
    results = []
    out = open(args.out, "w") if args.out else sys.stdout
    while len(results) < args.trials:
        result = trial(args, chance, whole, trained, seconds)
        if result is None:
            continue
        results.append(result)
        print(json.dumps({"trial": len(results), **result}), file=out, flush=True)
    good = sum(result["ok"] for result in results)
    longest = max((result["ended_s"] or float("inf")) for result in results)
    print(f"{good} of {len(results)} as they should be; the others had ended after at most {longest} s", file=sys.stderr)
    return 0 if good == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
