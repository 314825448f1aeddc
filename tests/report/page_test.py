"""Makes a sample report and opens it in a browser.

python page_test.py [--without PART ...]
"""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def main():
  with tempfile.TemporaryDirectory() as folder:
    page = pathlib.Path(folder) / 'report.html'
    subprocess.run([sys.executable, HERE / 'sample_report.py', page, *sys.argv[1:]], check=True)
    sys.exit(subprocess.run([sys.executable, HERE / 'browser_test.py', page]).returncode)


if __name__ == '__main__':
  main()
