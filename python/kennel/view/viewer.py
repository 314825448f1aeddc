"""The server and its loop: the one thread that touches the environment."""
from __future__ import annotations

import atexit
import concurrent.futures
import contextlib
import io
import ipaddress
import queue
import sys
import threading
import time
from typing import Callable, Sequence

import numpy as np
import viser

from .._core import Error
from .controls import Controls
from .plots import Plots
from .scene import Scene
from .simulation import Simulation
from .source import Source, check_fits

FRAME_SECONDS, PLOT_SECONDS, STATUS_SECONDS, WATCH_SECONDS = 1 / 30, 0.2, 0.5, 1.0
LONGEST_LAG = 0.1  # s that steps may be behind; what is more is dropped, and the robots are slower than told


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Viewer:
    """A page that shows the robots of a source, until `close`.

    Other threads hand what they want done to `do`; everything else is the loop's.

    Attributes:
      server: viser's, for whoever wants to add to the page. url: the page's address.
      source, simulation, scene: what is shown. paused, speed, followed: how.
    """

    def __init__(self, source: Source, *, host: str, port: int):
        self.source, self.simulation = source, Simulation(source)
        self.paused, self.speed, self.followed = False, 1.0, 0
        self.error: BaseException | None = None  # what ended the loop
        self._waited_for = False
        self._said = ""  # why the chosen checkpoint is not shown
        self._asked: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._closing, self._ended = threading.Event(), threading.Event()
        self._loader = concurrent.futures.ThreadPoolExecutor(1, "kennel-checkpoint")
        self._version = source.checkpoints.version(source.checkpoint) if source.checkpoints else ()
        with contextlib.redirect_stdout(io.StringIO()):  # it prints a banner
            self.server = viser.ViserServer(host=host, port=port, label=f"Kennel: {source.title}", verbose=False)
        try:
            self.server.request_share_url = _not_shared  # nothing on the page opens a tunnel to elsewhere
            self.scene = Scene(self.server, source.model, self.simulation.env.num_envs)
            self.followed = self.scene.middle
            self.controls = Controls(self.server, self)
            self.plots = Plots(self.server, self.simulation)
        except BaseException:
            self._stop_server()
            raise
        name = f"[{host}]" if ":" in host else "localhost" if host == "0.0.0.0" else host
        self.url = f"http://{name}:{self.server.get_port()}"
        self._thread = threading.Thread(target=self._run, name="kennel-view", daemon=True)

    # For any thread.

    def start(self) -> None:
        """Begins to step and to draw, and says where; once."""
        atexit.register(self.close)
        self._thread.start()
        print(f"kennel: {self.source.title} at {self.url}", file=sys.stderr)
        host, port = self.server.get_host(), self.server.get_port()
        if not _is_loopback(host):
            print(f"kennel: whoever can reach {host}:{port} can open the page; it has no password", file=sys.stderr)

    def do(self, act: Callable[[], None]) -> None:
        """Has the loop call `act` before its next step."""
        self._asked.put(act)

    def tell(self, command: Sequence[float]) -> None:
        """What all robots are told from now on, three numbers, as the sliders show it."""
        command = np.array(command, np.float32)
        if command.shape != self.simulation.command.shape or not np.isfinite(command).all():
            raise Error(f"command = {command.tolist()}; expected {len(self.simulation.command)} finite numbers: "
                        + ", ".join(name for name, _, _ in self.simulation.told))
        self.do(lambda: self._tell(command))

    def wait(self) -> None:
        """Until Ctrl-C or an error, which is raised; the page is closed then."""
        self._waited_for = True
        try:
            while not self._ended.wait(0.2):  # not the thread's join, which Python 3.11 believes ended when it is interrupted
                pass
        except KeyboardInterrupt:
            pass
        finally:
            self.close()
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        """Ends page and loop, and the environments unless they are the caller's; may be called again."""
        atexit.unregister(self.close)
        self._closing.set()
        if self._thread.ident is not None:
            self._ended.wait()
            self._thread.join()
        self._loader.shutdown()
        self._stop_server()
        self.source.close()

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # The loop's own: what controls ask for.

    def _tell(self, command: np.ndarray) -> None:
        self.simulation.command[:] = command
        self.controls.show_told(command.tolist())

    def tell_one(self, index: int, value: float) -> None:
        self.simulation.command[index] = value

    def nudge(self, index: int, step: float) -> None:
        command = self.simulation.command.copy()
        low, high = self.simulation.told[index][1]
        command[index] = np.clip(command[index] + step, min(low, 0.0), max(high, 0.0))
        self._tell(command)

    def stop_robots(self) -> None:
        self._tell(np.zeros_like(self.simulation.command))

    def toggle_pause(self) -> None:
        self.paused = not self.paused
        self.controls.show_paused(self.paused)

    def single_step(self) -> None:
        if not self.paused:
            self.toggle_pause()
        self.simulation.step()

    def follow(self, robot: int) -> None:
        self.followed = robot

    def show_arrows(self, shown: bool) -> None:
        self.scene.show_arrows = shown

    # Checkpoints.

    def choose(self, name: str) -> None:
        """Shows another checkpoint, from when it is loaded."""
        if name != self.source.checkpoint:
            self.source.checkpoint, self._version = name, ()
            self._watch()

    def _watch(self) -> None:
        """Loads the chosen checkpoint where it is another than the one that is shown."""
        checkpoints, name = self.source.checkpoints, self.source.checkpoint
        if checkpoints is None:
            return
        self.controls.offer(checkpoints.choices(), name)
        version = checkpoints.version(name)
        if version == self._version:
            return
        self._version = version
        loading = self._loader.submit(checkpoints.load, name)
        loading.add_done_callback(lambda done: self.do(lambda: self._take(name, done)))

    def _take(self, name: str, loaded: concurrent.futures.Future) -> None:
        if name != self.source.checkpoint:
            return  # another one was chosen meanwhile
        try:
            policy = loaded.result()
            check_fits(policy, self.simulation.env, name)
        except (ValueError, OSError) as error:
            self._said = str(error)
            return
        self.simulation.policy, self._said = policy, ""

    # Time.

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as error:  # noqa: BLE001  the caller's thread raises it
            self.error = error
            if not self._waited_for:
                print(f"kennel: {error}", file=sys.stderr)
        finally:
            self._ended.set()

    def _loop(self) -> None:
        now = time.monotonic()
        step_due = frame_due = plot_due = status_due = watch_due = now
        steps_at, counted_from = self.simulation.time, now
        while not self._closing.is_set():
            while not self._asked.empty():
                self._asked.get()()
            now = time.monotonic()
            if self.paused:
                step_due = now
            elif now >= step_due:
                self.simulation.step()
                step_due = max(step_due + self.simulation.control_dt / self.speed, now - LONGEST_LAG)
            if now >= frame_due:
                self.scene.update(self.simulation, self.followed)
                frame_due = now + FRAME_SECONDS
            if now >= plot_due:
                self.plots.update(self.followed)
                plot_due = now + PLOT_SECONDS
            if now >= status_due:
                pace = (self.simulation.time - steps_at) / max(now - counted_from, 1e-6)
                steps_at, counted_from = self.simulation.time, now
                self.controls.status.content = self._status(pace)
                status_due = now + STATUS_SECONDS
            if now >= watch_due:
                self._watch()
                watch_due = now + WATCH_SECONDS
            ahead = min(frame_due, plot_due, *(() if self.paused else (step_due,))) - time.monotonic()
            time.sleep(min(max(ahead, 0.0), FRAME_SECONDS))

    def _status(self, pace: float) -> str:
        simulation = self.simulation
        done = simulation.measured()[self.followed]
        lines = [f"**{simulation.time:.1f} s**, {'paused' if self.paused else f'{pace:.2f} of real time'}, {simulation.falls} falls"]
        lines.append("measured " + ", ".join(f"{name} {value:+.2f}" for (name, _, _), value in zip(simulation.told, done) if np.isfinite(value)))
        steps = getattr(simulation.policy, "env_steps", None)
        if simulation.policy is None:
            lines.append("no policy: actions are zero")
        elif steps is not None:
            lines.append(f"policy after {steps:,} steps")
        return "  \n".join([*lines, *([self._said] if self._said else [])])

    def _stop_server(self) -> None:
        with contextlib.redirect_stdout(io.StringIO()):
            self.server.stop()


def _not_shared(verbose: bool = True) -> None:
    """In the place of viser's tunnel to a public address."""
