"""A headless Chromium, driven through its DevTools protocol: enough to open a page, press, look."""
import base64
import itertools
import json
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.request

from websockets.sync.client import connect

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Chromium:
    """One page. WebGL is drawn in software, so that no GPU is needed."""

    def __init__(self, url: str, width: int = 1280, height: int = 720):
        self._folder = tempfile.TemporaryDirectory(prefix="kennel-chromium-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--use-gl=angle", "--use-angle=swiftshader",
             "--enable-unsafe-swiftshader", "--no-first-run", "--remote-debugging-port=0", f"--window-size={width},{height}",
             f"--user-data-dir={self._folder.name}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            said = pathlib.Path(self._folder.name) / "DevToolsActivePort"
            until(lambda: said.exists() and said.read_text().count("\n"), 60, "Chromium's port")
            port = said.read_text().split("\n")[0]
            pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
            page = next(page for page in pages if page["type"] == "page")
            self._socket = connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None)
            self._ids = itertools.count(1)
            self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
            self.call("Page.navigate", url=url)
        except BaseException:
            self.close()
            raise

    def call(self, method: str, **params):
        """A method of the protocol; returns its result."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=240))
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def evaluate(self, expression: str):
        """The value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def press(self, key: str) -> None:
        """A key, down and up: a letter, a space, or a name such as ArrowRight."""
        code = {" ": "Space"}.get(key, f"Key{key.upper()}" if len(key) == 1 else key)
        number = {"ArrowRight": 39}.get(key) or ord(key.upper())
        for kind in ("keyDown", "keyUp"):
            text = key if kind == "keyDown" and len(key) == 1 else ""
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code, text=text, windowsVirtualKeyCode=number)

    def screenshot(self, **options) -> bytes:
        """The page as a PNG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", **options)["data"])

    def close(self) -> None:
        if hasattr(self, "_socket"):
            self._socket.close()
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


def until(condition, seconds: float, what: str):
    """Waits for what becomes true, and returns it; fails by its name after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")
