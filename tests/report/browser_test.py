"""A page opens in a browser: quickly, whole, without errors, and without asking the network for anything.

python browser_test.py REPORT.html [--chromium PATH] [--screenshot OUT.png] [--width PIXELS] [--dark]

Speaks the DevTools protocol to a headless Chromium. Exits with 77, which ctest takes for skipped, where there is none.
"""

import argparse
import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

NAMES = ('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')
FLAGS = ('--headless', '--remote-debugging-pipe', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-first-run',
         '--disable-extensions', '--disable-background-networking', '--disable-component-update', '--host-resolver-rules=MAP * ~NOTFOUND')
READY_MS = 2000  # from navigation to drawn
LOADS = 3        # the fastest counts: the machine may be busy with something else
PATIENCE = 60    # s for any single answer

# What the page should show for each part of its data, and what no page should contain.
CHECK = '''(() => {
  const problems = [], data = JSON.parse(document.getElementById('data').textContent);
  for (const key of ['replay', 'judge', 'slow', 'curves', 'tracking', 'episode', 'sweeps', 'grid', 'randomization', 'contract', 'recipe',
                     'reached', 'last', 'visited']) {
    const there = data[key] !== null && data[key] !== undefined && data[key].length !== 0;
    const section = document.getElementById(key);
    if (!there && section && section.querySelector('svg, canvas, table')) problems.push(`section ${key} is drawn without data`);
    if (!there) continue;
    if (!section) { problems.push(`section ${key} is missing`); continue; }
    const drawn = [...section.querySelectorAll('svg, canvas, table, pre')].filter((e) => e.getBoundingClientRect().height > 10);
    if (!drawn.length && !section.querySelector('.note')) problems.push(`section ${key} is empty`);
  }
  for (const element of document.querySelectorAll('svg *')) {
    for (const {name, value} of element.attributes) {
      if (/NaN|Infinity|undefined/.test(value)) problems.push(`${element.closest('section').id}: <${element.tagName} ${name}="${value.slice(0, 60)}">`);
    }
  }
  for (const word of ['NaN', 'undefined', '[object']) {
    if (document.body.innerText.includes(word)) problems.push(`the text contains ${word}`);
  }
  for (const control of document.querySelectorAll('button, input, select, canvas, svg[role=img]')) {
    if (!(control.getAttribute('aria-label') || control.textContent.trim() || control.closest('label'))) problems.push(`no accessible name: ${control.outerHTML.slice(0, 80)}`);
  }
  // Of a comparison: no interval of one run, and of how many runs where it is not of all.
  (data.last && data.last.quantities || []).forEach(({title, methods}, row) => methods.forEach(({count, of}, k) => {
    const cell = document.querySelectorAll('#last tbody tr')[row].children[k + 2].textContent;
    const right = cell.includes('[') === count > 1 && cell.includes(`(${count}/${of})`) === (count > 0 && count < of);
    if (!right) problems.push(`${title}: "${cell}" is of ${count} of ${of} runs`);
  }));
  // Of a study of gradients: a bar for each standard error that is known.
  const errors = (data.groups || []).flatMap(({quantities}) => quantities).flatMap(({panels}) => panels).flatMap(({curves}) => curves)
    .flatMap(({error}) => error).filter((value) => value !== null).length;
  const bars = [...document.querySelectorAll('section[id^=noise] svg .spread')].filter((e) => e.getBoundingClientRect().height > 0).length;
  if (bars !== errors) problems.push(`${bars} bars for ${errors} standard errors`);
  if (!document.querySelector('h1').textContent.trim()) problems.push('no title');
  return problems.slice(0, 20);
})()'''
OPEN_ALL = '''document.querySelectorAll('details').forEach((details) => { details.open = true; });
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))'''
WITHOUT_WEBGL = '''HTMLCanvasElement.prototype.getContext = () => null;'''


class Browser:
  """Chromium with one page, spoken to over a pair of pipes."""

  def __init__(self, path, profile):
    # Chromium reads commands from descriptor 3 and answers on 4.
    to_read, self.to_write = os.pipe()
    self.to_listen, to_answer = os.pipe()
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (to_read, to_answer)]
    flags = FLAGS + (('--no-sandbox',) if os.geteuid() == 0 else ())
    self.process = subprocess.Popen([path, *flags, f'--user-data-dir={profile}', 'about:blank'], close_fds=False,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                    preexec_fn=lambda: [os.dup2(fd, 3 + k) for k, fd in enumerate(high)])
    for fd in (to_read, to_answer, *high):
      os.close(fd)
    self.pending, self.events, self.last_id, self.session = b'', [], 0, None

  def open(self):
    target = self.call('Target.createTarget', url='about:blank')['targetId']
    self.session = self.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
    for domain in ('Runtime', 'Log', 'Page', 'Network'):
      self.call(domain + '.enable')

  def message(self, seconds):
    """The next message, or None after so many seconds without one."""
    while b'\0' not in self.pending:
      if not select.select([self.to_listen], [], [], seconds)[0]:
        return None
      chunk = os.read(self.to_listen, 1 << 20)
      if not chunk:
        if self.last_id == 1:
          print(f'skipped: chromium cannot run here, exit status {self.process.wait()}')
          sys.exit(77)
        sys.exit(f'chromium ended by itself, exit status {self.process.wait()}')
      self.pending += chunk
    text, self.pending = self.pending.split(b'\0', 1)
    return json.loads(text)

  def call(self, method, **parameters):
    self.last_id += 1
    command = {'id': self.last_id, 'method': method, 'params': parameters}
    if self.session:
      command['sessionId'] = self.session
    os.write(self.to_write, json.dumps(command).encode() + b'\0')
    while True:
      message = self.message(PATIENCE)
      if message is None:
        sys.exit(f'chromium did not answer {method} within {PATIENCE} s')
      if message.get('id') == self.last_id:
        if 'error' in message:
          sys.exit(f'{method}: {message["error"]["message"]}')
        return message['result']
      self.events.append(message)

  def evaluate(self, script):
    answer = self.call('Runtime.evaluate', expression=script, returnByValue=True, awaitPromise=True)
    if 'exceptionDetails' in answer:
      sys.exit(f'the test\'s own script failed: {answer["exceptionDetails"]["exception"].get("description")}\n{script[:200]}')
    return answer['result'].get('value')

  def wait_for(self, script, seconds=15):
    """The script's value once it is true, or None."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
      value = self.evaluate(script)
      if value:
        return value
      time.sleep(0.05)
    return None

  def load(self, url):
    """Milliseconds from navigation to drawn, or None."""
    # The page before must not answer for the new one.
    self.call('Page.navigate', url='about:blank')
    self.wait_for('location.href === "about:blank" && document.readyState === "complete"')
    self.call('Page.navigate', url=url)
    ready = self.wait_for('document.documentElement?.dataset.readyMs')
    return float(ready) if ready else None

  def key(self, key, code):
    for kind in ('keyDown', 'keyUp'):
      self.call('Input.dispatchKeyEvent', type=kind, key=key, code=code, text=key if len(key) == 1 else '')

  def picture(self, clip=None):
    if clip is None:
      size = self.call('Page.getLayoutMetrics')['cssContentSize']
      clip = {'x': 0, 'y': 0, 'width': size['width'], 'height': size['height'], 'scale': 1}
    return base64.b64decode(self.call('Page.captureScreenshot', format='png', clip=clip, captureBeyondViewport=True)['data'])

  def close(self):
    try:
      os.write(self.to_write, json.dumps({'id': 0, 'method': 'Browser.close'}).encode() + b'\0')
      self.process.wait(timeout=10)
    except (OSError, subprocess.TimeoutExpired):
      self.process.kill()
      self.process.wait()


def complaints(events, url):
  """Console errors, uncaught exceptions and requests among the browser's events."""
  out = []
  for event in events:
    method, params = event.get('method'), event.get('params', {})
    if method == 'Runtime.exceptionThrown':
      details = params['exceptionDetails']
      out.append('uncaught: ' + details.get('exception', {}).get('description', details['text']))
    elif method == 'Runtime.consoleAPICalled' and params['type'] in ('error', 'assert'):
      out.append('console: ' + ' '.join(str(a.get('value', a.get('description'))) for a in params['args']))
    elif method == 'Log.entryAdded' and params['entry']['level'] == 'error':
      out.append('console: ' + params['entry']['text'])
    elif method == 'Network.requestWillBeSent':
      asked = params['request']['url']
      if asked.split('#')[0] != url and not asked.startswith(('data:', 'blob:', 'about:')):
        out.append('network request: ' + asked)
  return out


def pixels(png):
  """The pixels of an 8-bit, not interlaced PNG, as a list of bytes objects."""
  data, at = b'', 8
  while at < len(png):
    length, kind = struct.unpack('>I4s', png[at:at + 8])
    body = png[at + 8:at + 8 + length]
    if kind == b'IHDR':
      width, height, depth, colour, _, _, interlaced = struct.unpack('>IIBBBBB', body)
      assert depth == 8 and colour in (2, 6) and not interlaced, body
      size = 3 if colour == 2 else 4
    elif kind == b'IDAT':
      data += body
    at += 12 + length
  raw, above, out = zlib.decompress(data), bytes(width * size), []
  for row in range(height):
    start = row * (width * size + 1)
    line = bytearray(raw[start + 1:start + 1 + width * size])
    for k in range(len(line)):
      left, up, corner = (line[k - size] if k >= size else 0), above[k], (above[k - size] if k >= size else 0)
      # PNG filters: none, left, above, mean, and whichever neighbour is nearest to left + above - corner.
      nearest = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
      line[k] = (line[k] + (0, left, up, (left + up) // 2, nearest)[raw[start]]) & 255
    out += [bytes(line[k:k + size]) for k in range(0, len(line), size)]
    above = line
  return out


def canvas_picture(browser):
  """The 3-D view a quarter as wide, without the numbers that lie over it; None where there is no canvas."""
  clip = browser.evaluate('''(() => {
    const canvas = document.querySelector('canvas');
    if (!canvas) return null;
    document.querySelector('.overlay').style.visibility = 'hidden';
    const box = canvas.getBoundingClientRect();
    return {x: box.x + scrollX, y: box.y + scrollY, width: box.width, height: box.height, scale: 0.25};
  })()''')
  if clip is None:
    return None
  picture = pixels(browser.picture(clip))
  browser.evaluate('document.querySelector(".overlay").style.visibility = ""')
  return picture


def check_replay(browser):
  before = canvas_picture(browser)
  if before is None:
    return ['the replay has no canvas']
  if len(set(before)) < 16:
    return [f'the 3-D canvas is empty: {len(set(before))} different colours']
  browser.key(' ', 'Space')
  if not browser.wait_for('Number(document.querySelector("input[type=range]").value) > 0.3'):
    return ['space does not play the replay']
  browser.key(' ', 'Space')
  moved = canvas_picture(browser)
  return [] if moved != before else ['the 3-D canvas does not change while the replay plays']


def check_seek(browser):
  """A click in the middle of a plot of the whole episode seeks to the middle of it."""
  at = browser.evaluate('''(() => {
    const plot = document.querySelector('#episode .seekable');
    plot.scrollIntoView({block: 'center'});
    const box = plot.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  })()''')
  for kind in ('mousePressed', 'mouseReleased'):
    browser.call('Input.dispatchMouseEvent', type=kind, x=at[0], y=at[1], button='left', buttons=1, clickCount=1)
  share = browser.evaluate('(() => { const s = document.querySelector("input[type=range]"); return s.value / s.max; })()')
  browser.evaluate('scrollTo(0, 0)')
  return [] if 0.4 < share < 0.6 else [f'a click in the middle of a plot seeks to {share:.2f} of the episode']


def check_width(browser, width):
  browser.call('Emulation.setDeviceMetricsOverride', width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
  browser.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  wide = browser.evaluate('document.documentElement.scrollWidth')
  if wide > width:
    widest = browser.evaluate('''[...document.querySelectorAll("main *, header *")].filter((e) => !e.closest(".scroll, pre, svg"))
      .reduce((a, b) => b.getBoundingClientRect().right > a.getBoundingClientRect().right ? b : a).outerHTML.slice(0, 120)''')
    return [f'{wide} pixels wide on a screen of {width}: {widest}']
  return []


def check(browser, url, data, arguments):
  times = []
  while len(times) < LOADS and not (times and times[-1] <= READY_MS):
    took = browser.load(url)
    if took is None:
      return complaints(browser.events, url) or ['the page never said that it is drawn (data-ready-ms)']
    times.append(took)
  print(f'drawn after {min(times):.0f} ms')
  problems = [f'drawn after {min(times):.0f} ms; expected at most {READY_MS}'] if min(times) > READY_MS else []
  problems += browser.evaluate(CHECK)
  if data.get('replay'):
    problems += check_replay(browser)
  if data.get('replay') and data.get('episode'):
    problems += check_seek(browser)
  browser.evaluate(OPEN_ALL)
  problems += browser.evaluate(CHECK)
  for scheme in ('dark', 'light'):
    browser.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
  problems += check_width(browser, 360)
  problems += browser.evaluate(CHECK)

  if arguments.screenshot:
    browser.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'dark' if arguments.dark else 'light'}])
    check_width(browser, arguments.width)
    browser.load(url)
    arguments.screenshot.write_bytes(browser.picture())

  if data.get('replay'):
    browser.call('Page.addScriptToEvaluateOnNewDocument', source=WITHOUT_WEBGL)
    browser.load(url)
    if not browser.evaluate('!!document.querySelector("#replay .note") && !document.querySelector("canvas")'):
      problems.append('without WebGL2 the replay should be one line of text')
    problems += [f'without WebGL2: {problem}' for problem in browser.evaluate(CHECK)]
  return problems + complaints(browser.events, url)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('report', type=pathlib.Path)
  parser.add_argument('--chromium')
  parser.add_argument('--screenshot', type=pathlib.Path)
  parser.add_argument('--width', type=int, default=1280, help='of the screenshot')
  parser.add_argument('--dark', action='store_true', help='dark colours in the screenshot')
  arguments = parser.parse_args()
  path = arguments.chromium or next(filter(None, map(shutil.which, NAMES)), None)
  if path is None:
    print(f'skipped: none of {", ".join(NAMES)} is installed (apt-get install --no-install-recommends chromium)')
    sys.exit(77)
  report = arguments.report.resolve()
  data = json.loads(report.read_text().split('<script id="data" type="application/json">')[1].split('</script>')[0])
  # Chromium may still write to its profile while it ends.
  with tempfile.TemporaryDirectory(prefix='kennel-report-', ignore_cleanup_errors=True) as profile:
    browser = Browser(path, profile)
    try:
      browser.open()
      problems = check(browser, report.as_uri(), data, arguments)
    finally:
      browser.close()
  sys.exit('\n'.join(dict.fromkeys(problems)) or 0)


if __name__ == '__main__':
  main()
