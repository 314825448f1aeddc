# What the launcher installs, sourced by cmake/setup.sh: system packages with apt-get, Python packages and nvcc with pip.

# C++ packages by their Debian and Ubuntu names. ccache is convenience: it is installed when root installs anyway.
cxx_packages=(libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libprotobuf-dev protobuf-compiler libglfw3-dev
  libgtest-dev libgmock-dev libbenchmark-dev)
nvcc_wheels='cuda-toolkit[nvcc,cccl,cudart,crt,nvvm]==13.0.2'
nvcc_key="$build_key|$nvcc_wheels"

# --- system packages

installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# The first Python that the wheels exist for; empty if there is none.
find_python() {
  local name
  for name in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$name" && return
  done
}

need_system() {
  local missing=() base
  [[ -n ${CXX:-} ]] || command -v g++ >/dev/null || missing+=(g++)
  base=$(find_python)
  if [[ -z $base ]]; then
    if command -v python3 >/dev/null; then
      die "needs Python 3.11 or newer, which the wheels of MuJoCo 4 need; python3 here is $(python3 --version 2>&1)" \
        "install a newer python3 and put it first on PATH, or set KENNEL_PYTHON"
    fi
    missing+=(python3 python3-venv)
  elif ! "$base" -c 'import venv, ensurepip' 2>/dev/null; then
    missing+=(python3-venv)
  fi
  if command -v dpkg-query >/dev/null; then
    local package
    [[ -n ${CMAKE_PREFIX_PATH:-} ]] || for package in "${cxx_packages[@]}"; do
      installed "$package" || missing+=("$package")
    done
  fi
  [[ ${#missing[@]} -eq 0 ]] && return
  command -v ccache >/dev/null || missing+=(ccache)
  install_system "${missing[@]}"
}

install_system() {
  local install="apt-get install -y --no-install-recommends $*"
  if ! command -v apt-get >/dev/null; then
    die "missing: $*; this system has no apt-get to install them with" \
      "install the same with the system's own package manager, or set KENNEL_PYTHON and CMAKE_PREFIX_PATH"
  fi
  if [[ $EUID -ne 0 ]]; then
    say "system packages are missing. An administrator must run this line once:"
    printf '\n    apt-get update && %s\n\n' "$install" >&2
    say "then run the same command again; nothing else needs an administrator"
    exit 1
  fi
  say "installing system packages: $* (under a minute on a fast network)"
  export DEBIAN_FRONTEND=noninteractive
  logged "dpkg --configure -a" dpkg --configure -a  # completes what an interrupted apt-get left behind
  logged "apt-get update" apt-get -o DPkg::Lock::Timeout=300 update ||
    say "the package lists could not be renewed; trying with those at hand"
  logged "system packages" apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" ||
    die "apt-get could not install $*" "check the network, then run: $install"
}

# --- Python packages

# Takes packages off pip's list whose files are not all there with their size, as an interrupted pip leaves them.
forget_broken_wheels='
import importlib.metadata as m, os, shutil
for d in m.distributions():
    files = d.files or []
    whole = files and all(f.size is None or (os.path.exists(f.locate()) and os.stat(f.locate()).st_size == f.size) for f in files)
    if not whole and d.metadata.get("Name", "pip") != "pip" and os.path.isdir(d._path):
        print("not whole:", d._path)
        shutil.rmtree(d._path)
'

pip_install() {  # TITLE PACKAGES...
  local title=$1 result=0
  shift
  logged "looking for broken packages" "$python" -c "$forget_broken_wheels"
  # pip unpacks gigabytes into TMPDIR, which is memory on some systems.
  mkdir -p -- "$build/tmp"
  TMPDIR=$build/tmp logged "$title" "$python" -m pip install --no-input --disable-pip-version-check \
    --progress-bar off --retries 5 --only-binary :all: "$@" || result=$?
  rm -rf -- "$build/tmp"
  return "$result"
}

need_python() {
  local key
  if [[ -n ${KENNEL_PYTHON:-} ]]; then
    "$python" -c 'import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ("torch", "mujoco"))))' \
      >>"$log" 2>&1 || die "KENNEL_PYTHON=$python lacks torch or mujoco" \
      "$python -m pip install -r '$root/requirements.txt', or unset KENNEL_PYTHON: then ./kennel installs its own"
    return
  fi
  key="$(readlink -f -- "$python")|$(<"$root/requirements.txt")"
  [[ -x $python && -f $root/.venv/kennel-wheels && $(<"$root/.venv/kennel-wheels") == "$key" ]] && return
  need_venv
  local free
  free=$(free_mib "$root")
  if [[ ! -d $(echo "$root"/.venv/lib/python3*/site-packages/torch) && -n $free && $free -lt 8000 ]]; then
    die "LibTorch needs 8 GB of free space to install (it keeps 4.6), there are $((free / 1000)) GB in $root" \
      "free some space, or put the checkout on another disk"
  fi
  say "installing LibTorch and MuJoCo into .venv (2 GB to download, 4.6 GB on the disk, once: 2 to 10 minutes)"
  key="$(readlink -f -- "$python")|$(<"$root/requirements.txt")"
  pip_install "LibTorch and MuJoCo" -r "$root/requirements.txt" ||
    die "pip could not install requirements.txt" \
      "check the network and run the same command again (finished downloads are kept), or set KENNEL_PYTHON"
  printf '%s\n' "$key" >"$root/.venv/kennel-wheels" || die "cannot write into $root/.venv" "free some space"
}

# Libraries that the Python package's tests call. Without them those tests are skipped, so nothing stops here.
need_test_wheels() {
  local wanted=$root/python/tests/requirements.txt key
  [[ -z ${KENNEL_PYTHON:-} ]] || return 0
  key="$(readlink -f -- "$python")|$(<"$root/requirements.txt")|$(<"$wanted")"
  stamped test_wheels "$key" && return
  say "installing the trainers that the Python package is tested with into .venv"
  if pip_install "trainers for tests" -r "$root/requirements.txt" -r "$wanted"; then
    stamp test_wheels "$key"
  else
    failed=
    say "pip could not install python/tests/requirements.txt, see $log: tests of what is missing will be skipped"
  fi
}

need_venv() {
  if [[ -e $root/.venv && ! -e $root/.venv/kennel-creating ]] && "$python" -m pip --version >>"$log" 2>&1; then
    return
  fi
  rm -rf -- "$root/.venv"
  mkdir -p -- "$root/.venv" && : >"$root/.venv/kennel-creating" ||
    die "cannot write into $root" "clone Kennel into a folder of your own"
  logged "creating .venv" "$(find_python)" -m venv "$root/.venv" ||
    die "could not create $root/.venv" "check the free space and the rights of $root"
  rm -- "$root/.venv/kennel-creating"
}

# Sets the variables cmake, ctest and ninja. Real binaries: a wheel's scripts start Python first.
find_tools() {
  local bin
  bin=$("$python" -c 'import cmake; print(cmake.CMAKE_BIN_DIR)' 2>/dev/null) || bin=
  cmake=${bin:+$bin/cmake} ctest=${bin:+$bin/ctest}
  [[ -x $cmake ]] || { cmake=$(command -v cmake) && ctest=$(command -v ctest); }
  ninja=${python%/*}/ninja
  [[ -x $ninja ]] || ninja=$(command -v ninja)
  [[ -n $cmake && -n $ninja ]] || die "no cmake or no ninja, neither beside $python nor on PATH" \
    "$python -m pip install -r '$root/requirements.txt'"
}

# --- the CUDA compiler

nvcc_works() {  # NVCC: release 13, and compiles C++20 and CUB with this machine's C++ compiler
  [[ -x $1 && $("$1" --version 2>/dev/null) == *'release 13.'* ]] || return 1
  local probe=$build/probe result=0
  mkdir -p -- "$probe"
  printf '%s\n' '#include <cub/block/block_reduce.cuh>' '#include <concepts>' \
    'template <std::integral T> __global__ void probe(T* x) { *x = threadIdx.x; }' \
    'template __global__ void probe<int>(int*);' >"$probe/probe.cu"
  logged "trying $1" "$1" -std=c++20 ${CXX:+-ccbin "$CXX"} -c "$probe/probe.cu" -o "$probe/probe.o" || result=$?
  rm -rf -- "$probe"
  return "$result"
}

wheel_nvcc() {
  "$python" -c 'import importlib.util as u
spec = u.find_spec("nvidia.cu13")
print(spec.submodule_search_locations[0] + "/bin/nvcc")' 2>/dev/null
}

# Sets nvcc to a compiler that works, installing one if need be; empty, with the reason recorded, if there is none.
need_nvcc() {
  if stamped nvcc_for "$nvcc_key" && nvcc=$(<"$state/nvcc") && [[ -x $nvcc ]]; then
    return
  fi
  rm -f -- "$state/no_cuda"
  local candidate
  for candidate in "${CUDACXX:-}" "$(command -v nvcc)" "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" "$(wheel_nvcc)"; do
    nvcc_works "$candidate" && nvcc=$candidate && remember_nvcc && return
  done
  local reason="nvcc 13 does not work here, see $log"
  if [[ -n ${KENNEL_PYTHON:-} ]]; then
    reason="no nvcc 13 on PATH, in CUDA_HOME or among the packages of KENNEL_PYTHON"
  else
    say "installing the CUDA compiler into .venv (100 MB to download, 370 MB on the disk, once: a minute)"
    if pip_install "CUDA compiler" "$nvcc_wheels"; then
      nvcc=$(wheel_nvcc)
      nvcc_works "$nvcc" && remember_nvcc && return
    else
      reason="pip could not install $nvcc_wheels, see $log"
    fi
  fi
  nvcc=
  stamp no_cuda "$build_key: $reason"
  say "CUDA cannot be compiled here, so the CPU backend is built alone: $reason"
}

remember_nvcc() { stamp nvcc "$nvcc" && stamp nvcc_for "$nvcc_key"; }
