#!/usr/bin/env bash
# What a machine with a GPU has to show: tests, sanitizers, measurements; one JSON, one Markdown table and the logs.
#
#   bench/gpu_acceptance.sh OUTDIR                      builds here, then measures
#   bench/gpu_acceptance.sh --prepare FOLDER [BUILD]    builds only, or takes an existing build, and packs what the other phase needs
#   bench/gpu_acceptance.sh --prepared FOLDER OUTDIR    measures with what was packed
#
# The second phase needs no compiler, no network and no C++ packages: bash, coreutils, tar, NVIDIA's driver, and in KENNEL_PYTHON
# (default: python3) the same LibTorch as was built with. So a build made elsewhere can be carried to a machine that is lent for
# minutes: the checkout itself, for the robot and the golden trajectories, and FOLDER, some 20 MB. KENNEL_CUDA_ARCHS names the
# architectures to prepare (default 90).
#
# The most valuable parts come first: the environments' tests, the learner, speed, sanitizers, counters. Each has a time limit, all
# together have eight minutes, and a part that fails does not stop the next. The exit code is 0 where all passed and every test that
# needs a GPU ran: one that was skipped counts as failed.
set -uo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
readonly ALL_SECONDS=480 MOST_MIB=60 GPU_TESTS='*Cuda*:*cuda*'
readonly ENV_TESTS=(backend_test)  # the programs whose tests run on every backend
readonly PROGRAMS=(kennel "${ENV_TESTS[@]}" cuda_runtime_test cuda_plugin_test rl_test learners_test)
readonly TARGETS=(kennel_app kennel_cuda "${PROGRAMS[@]:1}")

die() { echo "kennel: $*" >&2; exit 1; }
usage() {
  sed -n '4,6s/^# *//p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
have() { command -v "$1" >/dev/null; }

# --- first phase

tool() {  # NAME: beside Python or on the path
  local beside
  beside=$(dirname -- "$1")/$2
  [[ -x $beside ]] && echo "$beside" || command -v "$2"
}

build_all() {  # BUILD
  local cmake ninja nvcc
  cmake=$(tool "$python" cmake) && ninja=$(tool "$python" ninja) || die "cmake and ninja are missing; expected them beside $python"
  nvcc=${CUDACXX:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
  [[ -x $nvcc ]] || die "nvcc is missing; install the CUDA 13 toolkit, or name it in CUDACXX"
  # For any x86-64-v3 processor: the machine with the GPU has another one.
  "$cmake" -G Ninja -S "$root" -B "$1" -DCMAKE_MAKE_PROGRAM="$ninja" -DKENNEL_PYTHON="$python" -DCMAKE_BUILD_TYPE=Release \
    -DKENNEL_NATIVE=OFF -DKENNEL_CUDA=ON -DCMAKE_CUDA_COMPILER="$nvcc" -DKENNEL_CUDA_ARCHS="${KENNEL_CUDA_ARCHS:-90}" >&2 &&
    "$ninja" -C "$1" "${TARGETS[@]}" >&2
}

prepare() {  # FOLDER [BUILD]
  local build=${2:-$root/build/acceptance-build} file size
  if (($# < 2)); then
    build_all "$build" || die "the build failed"
  fi
  rm -rf -- "$1" && mkdir -p -- "$1/bin" || die "cannot write $1"
  for file in "${PROGRAMS[@]}" libkennel_cuda.so; do
    [[ -e $build/bin/$file ]] || die "$build/bin/$file is missing; build it with: ninja -C $build ${TARGETS[*]}"
    cp -- "$build/bin/$file" "$1/bin/" && strip --strip-unneeded -- "$1/bin/$file" || die "cannot pack $file"
  done
  # A portable build's vector code, a library a level of processors, in the folders where the loader looks for them.
  while read -r file; do
    mkdir -p -- "$1/bin/$(dirname -- "$file")" && cp -- "$build/bin/$file" "$1/bin/$file" && strip --strip-unneeded -- "$1/bin/$file" ||
      die "cannot pack $file"
  done < <(cd -- "$build/bin" && find . -name libkennel_lanes.so)
  # MuJoCo reads the robot; LibTorch and NVIDIA's libraries are on the other machine.
  file=$(ldd "$1/bin/kennel" | awk '$1 ~ /^libmujoco/ { print $3 }')
  cp -L -- "$file" "$1/bin/" || die "cannot pack libmujoco"
  "$python" -c 'import torch; print(torch.__version__)' >"$1/torch" || die "$python has no torch"
  sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt" >"$1/source"  # programs look there for the robot
  { git -C "$root" rev-parse HEAD && git -C "$root" diff --quiet HEAD || echo '(with changes)'; } 2>/dev/null | paste -sd' ' >"$1/commit"
  "$python" "$root/bench/gpu_static.py" --json --arch 90 >"$1/static.json" || die "bench/gpu_static.py failed"
  size=$(du -sm -- "$1" | cut -f1)
  ls -l --block-size=K -- "$1/bin" | awk 'NR > 1 { print $5, $NF }' >&2
  ((size <= MOST_MIB)) || die "$1 takes $size MiB, more than the $MOST_MIB that can be carried"
  echo "prepared $1: $size MiB of $MOST_MIB; on the machine with the GPU: bench/gpu_acceptance.sh --prepared $1 OUTDIR" >&2
}

# --- second phase

part() {  # NAME SECONDS COMMAND...: runs it under a limit; its output goes to NAME.out and NAME.log
  local name=$1 limit=$2 started=$SECONDS code=0
  shift 2
  ((limit > ALL_SECONDS - SECONDS)) && limit=$((ALL_SECONDS - SECONDS))
  if ((limit <= 0)); then
    printf '%s\t%d\t0\n' "$name" 124 >>"$logs/parts.tsv"
    echo "$name: no time left" >&2
    return 124
  fi
  timeout -k 5 "$limit" "$@" >"$logs/$name.out" 2>"$logs/$name.log" || code=$?
  record "$name" "$code" "$started"
}

record() {  # NAME CODE STARTED
  printf '%s\t%d\t%d\n' "$1" "$2" "$((SECONDS - $3))" >>"$logs/parts.tsv"
  printf '%-20s %s after %d s\n' "$1" "$([[ $2 == 0 ]] && echo passed || echo "FAILED with code $2")" "$((SECONDS - $3))" >&2
  return "$2"
}

listed() {  # PROGRAM FILTER: the tests' full names, a line each
  "$bin/$1" --gtest_list_tests --gtest_filter="$2" 2>>"$logs/listed.log" | awk '/^[^ ]/ { suite = $1 } /^ / { print suite $1 }'
}

# Every test of the filter must be reported as passed: skipped, never started and none at all are failures.
tests() {  # NAME SECONDS PROGRAM FILTER
  local name=$1 started=$SECONDS code=0 test wanted
  wanted=$(listed "$3" "$4")
  part "$name" "$2" "$bin/$3" --gtest_filter="$4"
  [[ -n $wanted ]] || { echo "$3 has no test of $4" >>"$logs/not_passed"; code=1; }
  while read -r test; do
    [[ -n $test ]] || continue
    echo "$test" >>"$logs/gpu_tests"
    grep -qF -- "[       OK ] $test " "$logs/$name.out" || { echo "$test" >>"$logs/not_passed"; code=1; }
  done <<<"$wanted"
  [[ $code == 0 ]] || record "${name}_all_ran" "$code" "$started"
}

# Where LibTorch and the driver are on this machine. LibTorch's own CUDA libraries come first: a second copy would be another runtime.
library_path() {
  "$python" - <<'END'
import glob, importlib.util, os, pathlib
torch = pathlib.Path(importlib.util.find_spec('torch').submodule_search_locations[0])
folders = [torch / 'lib', *sorted(torch.parent.glob('nvidia/*/lib')), *map(pathlib.Path, glob.glob('/usr/local/nvidia/lib*'))]
print(':'.join(str(folder) for folder in folders if folder.is_dir()))
END
}

# Paths of the checkout are compiled into the programs; here it lies elsewhere.
link_source() {
  local source
  source=$(<"$prepared/source")
  [[ -e $source/envs/pupper_v3/pupper_v3.xml ]] && return
  mkdir -p -- "$(dirname -- "$source")" && ln -s -- "$root" "$source" ||
    die "the programs expect the checkout at $source and it cannot be linked there; prepare in a folder of the same name"
}

finish() {
  "$python" "$root/bench/gpu_summary.py" "$logs" "$out" || return 1
  tar -C "$out" -czf "$out/logs.tar.gz" logs && rm -rf -- "$logs"  # few files, for machines that bring back few
  cat -- "$out/results.md"
}

measure() {
  local smi
  smi=$(command -v nvidia-smi || echo /usr/local/nvidia/bin/nvidia-smi)
  "$smi" >"$logs/nvidia-smi.log" 2>&1 ||
    die "no NVIDIA GPU: $(head -n1 "$logs/nvidia-smi.log"); run this on a machine that has one"
  "$smi" --query-gpu=name,driver_version,clocks.max.sm,clocks.max.mem,memory.total --format=csv,noheader >"$logs/device.csv"
  cp -- "$prepared/commit" "$logs/commit"
  cp -- "$prepared/static.json" "$logs/static.out"
  grep -qw avx2 /proc/cpuinfo || die "this processor has no AVX2; the programs were built for x86-64-v3"
  local version
  version=$("$python" -c 'import torch; print(torch.__version__)') || die "$python has no torch; name one that has in KENNEL_PYTHON"
  [[ $version == "$(<"$prepared/torch")" ]] || echo "kennel: warning: built with torch $(<"$prepared/torch"), here is $version" >&2
  LD_LIBRARY_PATH=$bin:$(library_path)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
  link_source
  printf '[train]\njudge_episodes = 0\n' >"$logs/recipe.toml"
  : >"$logs/not_passed" >"$logs/gpu_tests"

  part info 20 "$bin/kennel" info --json || {
    ldd "$bin/kennel" "$bin/libkennel_cuda.so" | grep 'not found' >&2
    die "the program does not start here: $(tail -n1 "$logs/info.log")"
  }
  local program few
  for program in "${ENV_TESTS[@]}"; do tests "tests_$program" 120 "$program" "$GPU_TESTS"; done
  tests tests_runtime 60 cuda_runtime_test '*'
  tests tests_plugin 30 cuda_plugin_test 'CudaPlugin.*'
  part train 90 "$bin/kennel" train --config "$logs/recipe.toml" --device cuda --out "$logs/run" --minutes 0.4 --num-envs 4096
  for program in rl_test learners_test; do
    [[ -z $(listed "$program" "$GPU_TESTS") ]] || tests "tests_$program" 60 "$program" "$GPU_TESTS"
  done
  part bench 60 "$bin/kennel" bench --json --device cuda --seconds 0.5 --repeats 3 --num-envs 256 1024 4096 16384 65536 262144
  part train_bench 40 "$bin/kennel" bench --json --device cuda --learner --seconds 0.5 --repeats 1 --num-envs 4096
  part train_bench_unrecorded 40 "$bin/kennel" bench --json --device cuda --learner --unrecorded --seconds 0.5 --repeats 1 --num-envs 4096
  if have compute-sanitizer; then
    program=${ENV_TESTS[-1]}
    few=$(listed "$program" "$GPU_TESTS" | grep -E 'StartsAndSteps|EndsEpisodes|Weighs|Keeps' | paste -sd:)
    [[ -n $few ]] || record sanitizer_has_tests 1 "$SECONDS"
    for check in memcheck racecheck initcheck synccheck; do
      part "sanitizer_$check" 60 compute-sanitizer --tool "$check" --error-exitcode 9 "$bin/$program" --gtest_filter="$few"
    done
  fi
  if have ncu; then
    part ncu 60 ncu --csv --page raw --log-file "$logs/ncu.csv" --kernel-name regex:step_kernel --launch-skip 5 --launch-count 1 \
      --metrics gpu__time_duration.sum,sm__warps_active.avg.pct_of_peak_sustained_active,smsp__inst_executed.sum,sm__inst_issued.avg.pct_of_peak_sustained_active,dram__throughput.avg.pct_of_peak_sustained_elapsed,smsp__average_warps_issue_stalled_wait_per_issue_active.ratio,smsp__average_warps_issue_stalled_no_instruction_per_issue_active.ratio,smsp__average_warps_issue_stalled_short_scoreboard_per_issue_active.ratio,smsp__average_warps_issue_stalled_long_scoreboard_per_issue_active.ratio \
      "$bin/kennel" bench --json --device cuda --seconds 0.2 --repeats 1 --num-envs 65536
  fi
  if "$python" -c 'import mujoco.mjx' 2>/dev/null; then
    part mjx 60 "$python" "$root/bench/mjx_rate.py" "$root/envs/pupper_v3/pupper_v3.xml" --num-envs 4096
  fi
  rm -rf -- "$logs/run/checkpoints"
}

python=${KENNEL_PYTHON:-}
if [[ -z $python ]]; then
  python=$root/.venv/bin/python
  [[ -x $python ]] || python=python3
fi
python=$(command -v -- "$python") || die "no Python at KENNEL_PYTHON=${KENNEL_PYTHON:-python3}"

case ${1:-} in
  --prepare)
    (($# == 2 || $# == 3)) || usage
    prepare "${@:2}"
    exit
    ;;
  --prepared)
    (($# == 3)) || usage
    prepared=$(cd -- "$2" 2>/dev/null && pwd) && [[ -e $prepared/source ]] || die "$2 was not made by --prepare"
    shift 2
    ;;
  -* | '') usage ;;
  *)
    (($# == 1)) || usage
    prepared=$root/build/acceptance
    KENNEL_CUDA_ARCHS=${KENNEL_CUDA_ARCHS:-native} prepare "$prepared" || exit 1
    ;;
esac
out=$(mkdir -p -- "$1" && cd -- "$1" && pwd) || exit 1
logs=$out/logs bin=$prepared/bin
rm -rf -- "$logs" && mkdir -p -- "$logs" || exit 1
: >"$logs/parts.tsv"
measure
failed=$(awk -F'\t' '$2 != 0 { print $1 }' "$logs/parts.tsv" | paste -sd' ')
finish || exit 1
[[ -z $failed ]] || die "failed: $failed"
