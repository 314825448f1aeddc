"""A run's curves in Weights & Biases, while it trains or afterwards: python examples/wandb_run.py RUN

wandb takes no TensorBoard files of other programs any more (its 0.30 removed `wandb sync --sync-tensorboard`), so that this
reads metrics.csv. With --follow it waits for more lines, until Ctrl-C; WANDB_MODE=offline needs no account.
"""
import argparse
import os
import pathlib
import time

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    tomllib = None


def rows(path, follow=False, poll_s=2.0):
    """Lines of a metrics.csv, a dictionary of numbers each, no step twice; a line that is still being written waits for its end."""
    last = -1.0
    while True:
        while follow and not path.exists():  # before the first iteration
            time.sleep(poll_s)
        with open(path) as file:
            columns, begun = None, ""
            # A run that goes on replaces its file.
            while not follow or (path.exists() and os.stat(path).st_ino == os.fstat(file.fileno()).st_ino):
                begun += file.readline()
                if begun.endswith("\n"):
                    cells, begun = begun.rstrip("\n").split(","), ""
                    if columns is None:
                        columns = cells
                        continue
                    row = {name: float(cell) for name, cell in zip(columns, cells) if cell}
                    if row["step"] > last:
                        last = row["step"]
                        yield row
                elif follow:
                    time.sleep(poll_s)
                else:
                    return


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("run", type=pathlib.Path, help="run folder, of kennel train --out")
    options.add_argument("--project", default="kennel")
    options.add_argument("--follow", action="store_true", help="wait for more, until Ctrl-C")
    args = options.parse_args()
    import wandb

    recipe = tomllib.loads((args.run / "config.toml").read_text()) if tomllib else None
    with wandb.init(project=args.project, name=args.run.resolve().name, config=recipe) as run:
        try:
            for row in rows(args.run / "metrics.csv", args.follow):
                run.log({name: value for name, value in row.items() if name != "step"}, step=int(row["step"]))
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
