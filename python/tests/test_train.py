"""The native learner from Python: the command's bits, and ends that keep what was learnt."""
import os
import signal
import sys

import pytest

import kennel

pytest.importorskip("torch")
if not kennel._core.built_for_torch:
    pytest.skip("built without LibTorch", allow_module_level=True)

QUICK = dict(task="lqr", num_envs=64, steps=20000, seed=5, num_threads=1, overrides={"train.judge_episodes": 0})


def checkpoints(run):
    return sorted((run / "checkpoints").glob("step_*.ckpt"))


def test_the_command_s_bits(small_run, tmp_path):
    seen = []
    result = kennel.train(**QUICK, out=tmp_path / "run", callback=seen.append)
    assert (tmp_path / "run" / "policy.json").read_bytes() == (small_run / "policy.json").read_bytes()
    assert result["run"] == str(tmp_path / "run") and result["steps"] == seen[-1]["steps"] >= 20000
    assert result["stats"] == seen[-1] and seen[-1]["progress"] == 1.0 and result["complaint"] == ""
    assert [s["iteration"] for s in seen] == list(range(1, len(seen) + 1))
    assert seen[0]["reward"] == seen[0]["train/mean_reward"]


def test_false_stops_and_exports(tmp_path):
    result = kennel.train(**QUICK, out=tmp_path / "run", callback=lambda now: now["iteration"] < 2)
    assert result["stats"]["iteration"] == 2 and result["steps"] < 20000
    assert kennel.load_policy(tmp_path / "run").env_steps == result["steps"]
    assert len(checkpoints(tmp_path / "run")) == 1


def test_what_a_callback_raises_comes_out_and_a_checkpoint_stays(small_run, tmp_path):
    def callback(now):
        if now["iteration"] == 2:
            raise ZeroDivisionError("mine")

    run = tmp_path / "run"
    with pytest.raises(ZeroDivisionError, match="mine"):
        kennel.train(**QUICK, out=run, callback=callback)
    assert len(checkpoints(run)) == 1 and not (run / "policy.json").exists()
    assert kennel.load_policy(run).env_steps > 0  # of the checkpoint
    kennel.train(resume=run, num_threads=1)
    assert (run / "policy.json").read_bytes() == (small_run / "policy.json").read_bytes()


def test_ctrl_c_keeps_a_checkpoint(tmp_path):
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        kennel.train(**QUICK, out=run, callback=lambda now: os.kill(os.getpid(), signal.SIGINT) and None)
    assert len(checkpoints(run)) == 1


def test_torch_that_does_not_fit(small_run, monkeypatch):
    import torch

    wanted = kennel._core.built_for_torch
    monkeypatch.setattr(torch, "__version__", "1.0.0+cpu")
    with pytest.raises(ImportError, match=f"built for torch {wanted}, and here is 1.0.0; try: pip install torch=={wanted}"):
        kennel.train(**QUICK, out=small_run / "never")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=f"needs torch; try: pip install torch=={wanted}"):
        kennel.report(small_run)
    assert kennel.load_policy(small_run).task == "lqr", "JSON needs none"


def test_other_formats(small_run, tmp_path):
    policy = kennel.load_policy(small_run)
    kennel.export(small_run, tmp_path / "policy.pt", format="torchscript")
    again = kennel.load_policy(tmp_path / "policy.pt")
    assert (again(policy.golden[0]) == policy(policy.golden[0])).all()


def test_a_report(robot_run, tmp_path):
    page = kennel.report(robot_run, tmp_path / "page.html", episodes=0, sweeps=False, num_threads=1)
    assert page == str(tmp_path / "page.html") and "<html" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    "arguments, error, part",
    [
        (dict(task="lqrr"), kennel.Error, "lqrr"),
        (dict(task="lqr", robot="pupper_v3"), kennel.Error, "no robot"),
        (dict(task="lqr", steps=0), kennel.Error, "steps = 0"),
        (dict(task="lqr", overrides={"ppo.gama": 0.9}), kennel.Error, "gamma"),
        (dict(task="lqr", callback=3), TypeError, "callback"),
        (dict(resume="runs/x", seed=1), kennel.Error, "seed"),
    ],
)
def test_what_does_not_fit(tmp_path, arguments, error, part):
    with pytest.raises(error, match=part):
        kennel.train(**arguments, **({} if "resume" in arguments else {"out": tmp_path / "run"}))
    assert not (tmp_path / "run").exists()
