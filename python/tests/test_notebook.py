"""The notebook runs from its first cell to its last, by a small budget."""
import os
import pathlib
import shutil

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")
pytest.importorskip("tqdm")

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("KENNEL_PROGRAM") or ROOT / "build" / "bin" / "kennel")


@pytest.mark.skipif(not PROGRAM.is_file(), reason=f"no program at {PROGRAM}; build it, or set KENNEL_PROGRAM")
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed, which writes the video")
def test_walk_notebook_runs_and_ends_with_a_video(tmp_path, monkeypatch):
    for name, value in {"PROGRAM": PROGRAM, "NOTEBOOK_STEPS": 100_000, "NOTEBOOK_EPISODES": 2, "NOTEBOOK_SECONDS": 0.4}.items():
        monkeypatch.setenv(f"KENNEL_{name}", str(value))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(ROOT / "examples" / "walk.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells), "commit the notebook without its outputs"
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "execute_result"]
    assert any("video/mp4" in output.data.get("text/html", "") for output in shown)
