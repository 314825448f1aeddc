"""Makes a sample page and opens it in a browser.

python page_test.py sample_report.py|sample_compare.py|sample_gradient.py [--without PART ...]
"""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def main():
  with tempfile.TemporaryDirectory() as folder:
    page = pathlib.Path(folder) / 'report.html'
    subprocess.run([sys.executable, HERE / sys.argv[1], page, *sys.argv[2:]], check=True)
    sys.exit(subprocess.run([sys.executable, HERE / 'browser_test.py', page]).returncode)


if __name__ == '__main__':
  main()
