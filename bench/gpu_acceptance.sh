#!/usr/bin/env bash
# What a machine with a GPU has to show: builds, runs the GPU tests and sanitizers, measures, and writes one JSON and one
# Markdown table. Needs nvcc 13; no network where KENNEL_PYTHON has torch and CMAKE_PREFIX_PATH the C++ packages.
#
#   bench/gpu_acceptance.sh OUTDIR
#
# Each part has a time limit, all together have nine minutes, and a part that fails does not stop the next, but for the build. The
# exit code is 0 where all passed.
set -uo pipefail
if (($# != 1)); then
  echo "usage: bench/gpu_acceptance.sh OUTDIR" >&2
  exit 2
fi
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
out=$(mkdir -p -- "$1" && cd -- "$1" && pwd) || exit 1
kennel=$root/kennel
python=${KENNEL_PYTHON:-$root/.venv/bin/python}
export KENNEL_CUDA=ON KENNEL_CUDA_ARCHS=${KENNEL_CUDA_ARCHS:-native}

if ! nvidia-smi >"$out/nvidia-smi.log" 2>&1; then
  echo "kennel: no NVIDIA GPU: $(head -n1 "$out/nvidia-smi.log"); run this on a machine that has one" >&2
  exit 1
fi
nvidia-smi --query-gpu=name,driver_version,clocks.max.sm,clocks.max.mem,memory.total --format=csv,noheader >"$out/device.csv"
git -C "$root" rev-parse HEAD >"$out/commit" 2>/dev/null || echo unknown >"$out/commit"

readonly ALL_SECONDS=520
: >"$out/parts.tsv"
part() {  # NAME SECONDS COMMAND...: runs it under a limit; its output goes to NAME.out and NAME.log
  local name=$1 limit=$2 started=$SECONDS code=0
  shift 2
  ((limit > ALL_SECONDS - SECONDS)) && limit=$((ALL_SECONDS - SECONDS))
  if ((limit <= 0)); then
    printf '%s\t%d\t0\n' "$name" 124 >>"$out/parts.tsv"
    echo "$name: no time left" >&2
    return 124
  fi
  timeout -k 5 "$limit" "$@" >"$out/$name.out" 2>"$out/$name.log" || code=$?
  printf '%s\t%d\t%d\n' "$name" "$code" "$((SECONDS - started))" >>"$out/parts.tsv"
  printf '%-20s %s after %d s\n' "$name" "$([[ $code == 0 ]] && echo passed || echo "FAILED with code $code")" "$((SECONDS - started))" >&2
  return "$code"
}
have() { command -v "$1" >/dev/null; }

part build 300 "$kennel" build --all || { tail -n 30 "$out/build.log" >&2; exit 1; }
if [[ ! -f $root/build/bin/libkennel_cuda.so ]]; then
  echo "kennel: the build has no CUDA backend; is nvcc 13 installed? see $out/build.log" >&2
  exit 1
fi
part tests 90 "$kennel" test -R 'Cuda|/cuda$|KernelBudget|FoldedRobot|Legs|FieldLayout|WarpRows'
part no_test_skipped 5 bash -c '! grep -E "(Cuda|/cuda).*Skipped" "$0"' "$out/tests.out"

part bench 60 "$kennel" bench --json --device cuda --seconds 0.5 --repeats 3 --num-envs 256 1024 4096 16384 65536 262144
if have ncu; then
  part ncu 60 ncu --csv --page raw --log-file "$out/ncu.csv" --kernel-name regex:step_kernel --launch-skip 5 --launch-count 1 \
    --metrics gpu__time_duration.sum,sm__warps_active.avg.pct_of_peak_sustained_active,smsp__inst_executed.sum,sm__inst_issued.avg.pct_of_peak_sustained_active,dram__throughput.avg.pct_of_peak_sustained_elapsed,smsp__average_warps_issue_stalled_wait_per_issue_active.ratio,smsp__average_warps_issue_stalled_no_instruction_per_issue_active.ratio,smsp__average_warps_issue_stalled_short_scoreboard_per_issue_active.ratio,smsp__average_warps_issue_stalled_long_scoreboard_per_issue_active.ratio \
    "$root/build/bin/kennel" bench --json --device cuda --seconds 0.2 --repeats 1 --num-envs 65536
fi
part train 90 "$kennel" train --device cuda --out "$out/run" --force --minutes 0.5 --num-envs 4096
part train_bench 60 "$kennel" bench --json --device cuda --learner --seconds 0.5 --repeats 1 --num-envs 4096
if "$python" -c 'import mujoco.mjx' 2>/dev/null; then
  part mjx 90 "$python" "$root/bench/mjx_rate.py" "$root/envs/pupper_v3/pupper_v3.xml" --num-envs 4096
fi
part static 60 "$kennel" bench --gpu-static --json

if have compute-sanitizer; then
  for tool in memcheck racecheck initcheck synccheck; do
    part "sanitizer_$tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 \
      "$root/build/bin/backend_test" --gtest_filter='Backend.StartsAndSteps*/cuda:Backend.EndsEpisodes*/cuda:Backend.WeighsConstraints*/cuda:Backend.KeepsTheFirst*/cuda'
  done
fi

"$python" "$root/bench/gpu_summary.py" "$out" || exit 1
cat -- "$out/results.md"
! cut -f2 "$out/parts.tsv" | grep -qv '^0$'
