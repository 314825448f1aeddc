"""examples/wandb_run.py against the real library, without an account."""
import os
import pathlib
import subprocess
import sys
import threading

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples"))
import wandb_run  # noqa: E402

METRICS = "step,train/reward,error/velocity\n1024,0.5,0.4\n2048,0.75,\n"


def test_rows_are_numbers_and_empty_cells_are_left_out(tmp_path):
    (tmp_path / "metrics.csv").write_text(METRICS)
    assert list(wandb_run.rows(tmp_path / "metrics.csv")) == [
        {"step": 1024, "train/reward": 0.5, "error/velocity": 0.4}, {"step": 2048, "train/reward": 0.75}]


def test_a_training_is_followed_line_by_line(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(METRICS + "3072,0.8")  # half a line

    def more():
        with open(path, "a") as file:
            file.write("5,0.2\n")

    rows = wandb_run.rows(path, follow=True, poll_s=0.01)
    assert [next(rows)["step"] for _ in range(2)] == [1024, 2048]
    threading.Timer(0.05, more).start()
    assert next(rows) == {"step": 3072, "train/reward": 0.85, "error/velocity": 0.2}


def test_a_file_that_comes_later_or_is_replaced_is_read(tmp_path):
    path = tmp_path / "metrics.csv"
    rows = wandb_run.rows(path, follow=True, poll_s=0.01)
    threading.Timer(0.05, lambda: path.write_text(METRICS)).start()
    assert [next(rows)["step"] for _ in range(2)] == [1024, 2048]

    def again():  # as a run does that goes on from the first step
        (tmp_path / "new").write_text("step,train/reward,error/velocity\n1024,0.5,0.4\n2048,0.7,0.4\n3072,0.8,0.3\n")
        (tmp_path / "new").rename(path)

    threading.Timer(0.05, again).start()
    assert next(rows)["step"] == 3072


def test_wandb_takes_them(tmp_path):
    pytest.importorskip("wandb")
    run = tmp_path / "walks"
    run.mkdir()
    (run / "metrics.csv").write_text(METRICS)
    (run / "config.toml").write_text("[train]\nnum_envs = 1024\n")
    done = subprocess.run([sys.executable, str(ROOT / "examples" / "wandb_run.py"), str(run)], cwd=tmp_path, capture_output=True,
                          text=True, env={**os.environ, "WANDB_MODE": "offline", "WANDB_SILENT": "true"})
    assert done.returncode == 0, done.stderr
    (log,) = (tmp_path / "wandb").glob("offline-run-*/*.wandb")
    data = log.read_bytes()
    for text in (b"train/reward", b"error/velocity", b"num_envs", b"walks"):
        assert text in data, text
