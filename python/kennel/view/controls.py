"""Sliders, buttons and keys. Their callbacks run in threads of the server's; what they do is left to the loop."""
from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import viser

if TYPE_CHECKING:
    from .viewer import Viewer

NUDGES = (("I", "K"), ("J", "L"), ("U", "O"))  # more and less of each quantity; viser moves the camera by WASDQE
NOTCHES = 5  # strokes from zero to the most that a robot may be told
SPEEDS = {"1/4": 0.25, "1/2": 0.5, "1": 1.0, "2": 2.0, "4": 4.0}


class Controls:
    """The panel at the right edge: what robots are told, time, push, checkpoint, which robot is followed."""

    def __init__(self, server: viser.ViserServer, viewer: Viewer):
        self.server, self.viewer = server, viewer
        gui = server.gui
        gui.configure_theme(show_logo=False, show_share_button=False, control_width="medium")
        gui.main_panel.dock_right()
        self.status = gui.add_markdown("")
        with gui.add_folder("Told"):
            self.sliders = [self._slider(index, *told) for index, told in enumerate(viewer.simulation.told)]
            self._button("Stop (X)", "X", viewer.stop_robots, viser.Icon.HAND_STOP)
        with gui.add_folder("Time"):
            self.pause = self._button("Pause (space)", "space", viewer.toggle_pause, viser.Icon.PLAYER_PAUSE)
            self._button("Single step (N)", "N", viewer.single_step, viser.Icon.PLAYER_TRACK_NEXT)
            speed = gui.add_dropdown("Speed", list(SPEEDS), initial_value="1")
            speed.on_update(lambda _: viewer.do(lambda: setattr(viewer, "speed", SPEEDS[speed.value])))
            self._button("New episodes (R)", "R", viewer.simulation.reset, viser.Icon.REFRESH)
        with gui.add_folder("Push"):
            self.strength = gui.add_slider("m/s", min=0.1, max=2.0, step=0.1, initial_value=0.5)
            self._button("Push (P)", "P", lambda: viewer.simulation.push(self.strength.value), viser.Icon.WIND)
        self.checkpoint = None
        if viewer.source.checkpoints is not None:
            self._add_checkpoints(viewer.source.checkpoint)
        with gui.add_folder("Seen"):
            robots = viewer.simulation.env.num_envs
            if robots > 1:
                followed = gui.add_slider("robot", min=0, max=robots - 1, step=1, initial_value=viewer.followed)
                followed.on_update(lambda _: viewer.do(lambda: viewer.follow(int(followed.value))))
            arrows = gui.add_checkbox("arrows", True, hint="blue: velocity as told; green: as it is; magenta: the floor's force on a foot")
            arrows.on_update(lambda _: viewer.do(lambda: viewer.show_arrows(arrows.value)))
        self._add_nudges()

    def _slider(self, index: int, name: str, bounds: tuple[float, float], unit: str) -> viser.GuiSliderHandle:
        low, high = min(bounds[0], 0.0), max(bounds[1], 0.0)
        slider = self.server.gui.add_slider(
            f"{name} {unit}", min=low, max=high, step=(high - low) / 100 or 1e-3, initial_value=0.0,
            hint=f"keys: {' more, '.join(NUDGES[index])} less")
        slider.on_update(lambda _: self.viewer.do(lambda: self.viewer.tell_one(index, slider.value)))
        return slider

    def _button(self, label: str, key: str, act: Callable[[], None], icon: str) -> viser.GuiButtonHandle:
        button = self.server.gui.add_button(label, icon=icon)
        button.on_click(lambda _: self.viewer.do(act))
        self._key(label, key, act)
        return button

    def _key(self, label: str, key: str, act: Callable[[], None]) -> None:
        self.server.gui.add_command(label, hotkey=key).on_trigger(lambda _: self.viewer.do(act))

    def _add_nudges(self) -> None:
        for index, (name, bounds, _) in enumerate(self.viewer.simulation.told):
            for key, bound, what in zip(NUDGES[index], (bounds[1], bounds[0]), ("more", "less")):
                step = bound / NOTCHES
                self._key(f"{name}: {what} ({key})", key, lambda index=index, step=step: self.viewer.nudge(index, step))

    def _add_checkpoints(self, chosen: str) -> None:
        with self.server.gui.add_folder("Checkpoint"):
            self.checkpoint = self.server.gui.add_dropdown("steps", [chosen], initial_value=chosen)
        self.checkpoint.on_update(lambda event: self._choose(event.target.value))

    def _choose(self, name: str) -> None:
        self.viewer.do(lambda: self.viewer.choose(name))

    def offer(self, choices: list[str], chosen: str) -> None:
        """What checkpoints there are; the chosen one is among them, also where training has removed it."""
        offered = tuple(choices if chosen in choices else [*choices, chosen])
        if offered != tuple(self.checkpoint.options):
            self.checkpoint.options = offered
        if self.checkpoint.value != chosen:
            self.checkpoint.value = chosen

    def show_told(self, command: list[float]) -> None:
        for slider, value in zip(self.sliders, command):
            slider.value = min(max(value, slider.min), slider.max)

    def show_paused(self, paused: bool) -> None:
        self.pause.label = "Go on (space)" if paused else "Pause (space)"
        self.pause.icon = viser.Icon.PLAYER_PLAY if paused else viser.Icon.PLAYER_PAUSE
