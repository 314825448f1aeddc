"""Curves of the followed robot's last seconds: what it was told and did, feet on the floor, torques."""
from __future__ import annotations

from typing import Sequence

import numpy as np
import viser
from viser import uplot

from .simulation import Simulation

COLOURS = ("#2a5adc", "#1e964a", "#e6781e", "#b42850")


class Plots:
    """A panel of its own at the left edge. uPlot draws in the browser; the server sends numbers alone."""

    def __init__(self, server: viser.ViserServer, simulation: Simulation):
        self.simulation = simulation
        legs = [_leg(simulation, leg) for leg in range(4)]
        panel = server.gui.add_panel()
        with panel.add_tab("Tracking", viser.Icon.CHART_LINE):
            self.tracking = [
                _plot(server, f"{name} [{unit}]", ("told", "measured"), reach=1.3 * max(map(abs, bounds)), legend=at == 0)
                for at, (name, bounds, unit) in enumerate(simulation.told)]
            self.contact = _plot(server, "feet on the floor", legs, reach=4.0, low=-0.3)
        with panel.add_tab("Torques", viser.Icon.WAVE_SINE):
            self.torques = [_plot(server, f"{leg} [N m]", ("joint 1", "joint 2", "joint 3")) for leg in legs]
        panel.dock_left()
        panel.set_width(320)

    def update(self, robot: int) -> None:
        """Sends the curves of a robot's last seconds."""
        lately = self.simulation.lately(robot)
        time = lately["time"]
        if len(time) < 2:
            return
        for at, plot in enumerate(self.tracking):
            _show(plot, time, lately["command"][:, at], lately["measured"][:, at])
        # Four steps above each other, a foot each, in the legend's order from above.
        _show(self.contact, time, *(3 - leg + 0.7 * lately["contact"][:, leg] for leg in range(4)))
        for leg, plot in enumerate(self.torques):
            _show(plot, time, *lately["torque"][:, 3 * leg: 3 * leg + 3].T)


def _leg(simulation: Simulation, leg: int) -> str:
    """A leg's name where the policy names its joints: what their names have in common."""
    names = getattr(simulation.policy, "contract", {}).get("joint_names", [])[3 * leg: 3 * leg + 3]
    common = ""
    for letters in zip(*names):
        if len(set(letters)) > 1:
            break
        common += letters[0]
    return common.strip("_-. ") or f"leg {leg + 1}"


def _plot(
    server: viser.ViserServer, title: str, lines: Sequence[str], *, reach: float | None = None, low: float | None = None, legend: bool = True
) -> viser.GuiUplotHandle:
    """An empty plot of named lines over time, `low` to `reach` high (-reach where there is no `low`); None: as high as its lines."""
    y = uplot.Scale(auto=True) if reach is None else uplot.Scale(auto=False, range=(-reach if low is None else low, reach))
    series = (uplot.Series(label="s"), *(uplot.Series(label=line, stroke=COLOURS[at], width=1.5) for at, line in enumerate(lines)))
    return server.gui.add_uplot(
        tuple(np.zeros(2) for _ in series), series, title=title, scales={"x": uplot.Scale(time=False, auto=True), "y": y},
        legend=uplot.Legend(show=legend), height=130)


def _show(plot: viser.GuiUplotHandle, *columns: np.ndarray) -> None:
    plot.data = tuple(np.ascontiguousarray(column, np.float64) for column in columns)
