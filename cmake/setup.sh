# The launcher's slow path, sourced by ./kennel: running steps, configuring, building. What is installed: cmake/install.sh
#
# Every step may be interrupted and started again: a step's stamp is written after its success, packages that were cut off
# while being installed are found by their own file lists, and one launcher at a time works in a checkout (flock).

log=$build/setup.log
watcher=
failed=  # the exit code of the last logged command, if it failed
. "$root/cmake/install.sh"

die() {  # WHAT TRY: ends with the reason, the log's last lines and what to do
  stop_watching
  if [[ -n $failed ]]; then
    printf '%s\n' "--- last lines of $log" >&2
    tail -n 20 -- "$log" | cut -c1-400 >&2
    printf '%s\n' '---' >&2
  fi
  say "$1"
  local free
  free=$(free_mib "$build")
  if [[ -n $free && $free -lt 200 ]] || tail -n 20 -- "$log" 2>/dev/null | grep -q 'No space left on device'; then
    say "try: the disk is full ($free MiB free now in $build); free some space and run the same command again"
  else
    say "try: $2"
  fi
  exit 1
}

free_mib() { df -Pm -- "$1" 2>/dev/null | awk 'NR == 2 { print $4 }'; }

stop_watching() {
  [[ -n $watcher ]] && kill "$watcher" 2>/dev/null && wait "$watcher" 2>/dev/null
  watcher=
  [[ -t 2 ]] && printf '\r\033[K' >&2
}

interrupted() {
  stop_watching
  say "interrupted; what is finished is kept: run the same command again to go on"
  exit 130
}

# Shows that TITLE is still going on, with the log's last line: each second on a terminal, each half minute elsewhere.
watch_log() {
  trap '' INT
  exec 9>&- 8<> <(:)  # reading from 8 only waits: a `sleep` would outlive this process and hold its output open
  local start=$SECONDS pause=30 last took
  [[ -t 2 ]] && pause=1
  while ! read -r -t "$pause" -u 8 && kill -0 $$ 2>/dev/null; do
    last=$(tail -n 1 -- "$log" 2>/dev/null | tr -d '\r' | cut -c1-80)
    printf -v took '%d:%02d' $(((SECONDS - start) / 60)) $(((SECONDS - start) % 60))
    if [[ -t 2 ]]; then
      printf '\r\033[K%.*s' "${COLUMNS:-100}" "kennel: $1, $took  $last" >&2
    else
      say "  ... $took  $last"
    fi
  done
}

# Runs a command in the foreground, where Ctrl-C reaches it, with its output in the log.
logged() {  # TITLE COMMAND...
  local title=$1 start=$SECONDS result=0
  shift
  printf '\n== %s\n$ %s\n' "$title" "${*//$'\n'*/ ...}" >>"$log"
  watch_log "$title" &
  watcher=$!
  "$@" >>"$log" 2>&1 </dev/null || result=$?
  stop_watching
  failed=${result#0}
  printf '== %s after %d s, exit code %d\n' "$title" $((SECONDS - start)) "$result" >>"$log"
  return "$result"
}

# The first folder on the way to a program, through all links, that this user may not enter; empty if there is none.
closed_folder() {  # PROGRAM
  local file=$1 target folder step
  for step in {1..40}; do
    folder=$(dirname -- "$file")
    [[ $folder == / ]] || closed_above "$folder" || return
    target=$(readlink -- "$file") || return
    [[ $target == /* ]] || target=$folder/$target
    file=$target
  done
}

closed_above() {  # FOLDER: prints the outermost closed one and fails
  local above=${1%/*}
  [[ -z $above ]] || closed_above "$above" || return 1
  [[ -x $1 || ! -d $1 ]] || { printf '%s' "$1"; return 1; }
}

# A finished checkout of somebody else's whose Python cannot be started: a venv's Python is a link into its owner's folders.
blame_python() {
  [[ -x $build/bin/kennel && ! -x $python ]] && up_to_date kennel_app || return 0
  local closed
  closed=$(closed_folder "$python")
  if [[ -n $closed ]]; then
    say "$python leads into $closed, which user $(id -un) may not enter; the build itself is in order"
  else
    say "$python is not there or is no program; the build itself is in order"
  fi
  say "try: $build/bin/kennel with the same arguments, which needs no Python"
  exit 1
}

# One launcher at a time. What a killed launcher left running keeps the lock until it has ended.
lock() {
  if ! mkdir -p -- "$state" 2>/dev/null || ! { exec 9>>"$build/.lock"; } 2>/dev/null; then
    blame_python
    say "cannot write into $build; expected a checkout that you own, with space left on its disk"
    say "try: clone Kennel into a folder of your own, or let the owner of this one run ./kennel build"
    exit 1
  fi
  if ! flock -n 9; then
    say "another ./kennel is at work in $root; waiting for it"
    flock 9
  fi
  if ! : >"$log"; then
    say "cannot write $log; try: free some space on the disk, or fix the file's owner"
    exit 1
  fi
  trap interrupted INT TERM HUP
}

unlock() {
  trap - INT TERM HUP
  exec 9>&-
}

stamp() { printf '%s\n' "$2" >"$state/$1.new" && mv -- "$state/$1.new" "$state/$1"; }
stamped() { [[ -f $state/$1 && $(<"$state/$1") == "$2" ]]; }

# --- configure and build

# Where CUDA was once set up it stays configured: a command that needs only the program builds only the program.
configure() {
  local cuda=OFF archs=90 arguments key
  gpu_visible && archs=native
  [[ -n $nvcc ]] || { stamped nvcc_for "$nvcc_key" && nvcc=$(<"$state/nvcc"); }
  [[ -n $nvcc && -x $nvcc ]] && cuda=ON
  arguments=(-G Ninja -S "$root" -B "$build" "-DCMAKE_MAKE_PROGRAM=$ninja" "-DKENNEL_PYTHON=$python"
    -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=ON "-DKENNEL_CUDA=$cuda")
  [[ $cuda == ON ]] &&
    arguments+=("-DCMAKE_CUDA_COMPILER=$nvcc" "-DKENNEL_CUDA_ARCHS=${KENNEL_CUDA_ARCHS:-$archs}")
  key="$build_key|${arguments[*]}"
  [[ -f $build/build.ninja ]] && stamped configured "$key" && return
  forget_other_cpu
  logged "configuring" "$cmake" --fresh "${arguments[@]}" ||
    die "CMake could not configure the build" \
      "./kennel setup checks everything again; C++ packages needed: ${cxx_packages[*]}, or their folders in CMAKE_PREFIX_PATH"
  stamp configured "$key"
}

# Objects are compiled for one CPU (-march=native) and its command line does not show it.
forget_other_cpu() {
  local cpu
  cpu="$(cpu_model)|$root"
  stamped cpu "$cpu" || rm -rf -- "$build"/{bin,src,tests,bench,kernels,.ninja_log,.ninja_deps}
  stamp cpu "$cpu"
}

jobs() {
  local memory cores
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ { print int($2 / 2000000) }' /proc/meminfo)
  ((memory < 1)) && memory=1
  echo "${KENNEL_JOBS:-$((cores < memory ? cores : memory))}"
}

# build_targets TITLE TARGETS...: each target's stamp carries the time before the build, so that an edit made during it
# is seen as newer.
build_targets() {
  local title=$1 target
  shift
  for target in "$@"; do
    rm -f -- "$state/$target"
    printf '%s\n' "$build_key" >"$state/$target.new" || die "cannot write into $build" "free some space"
  done
  [[ -w ${HOME:-/nonexistent} ]] || export CCACHE_DISABLE=1
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros} CCACHE_NAMESPACE="kennel $(cpu_model)"
  logged "$title" "$ninja" -C "$build" -j "$(jobs)" "$@" ||
    die "the build failed" "read the first error in $log; where the compiler was 'Killed', memory ran out: KENNEL_JOBS=1"
  for target in "$@"; do mv -- "$state/$target.new" "$state/$target"; done
}

set_up() {  # [cuda]
  [[ -n ${KENNEL_PYTHON:-} ]] || stamped system "${cxx_packages[*]}" || { need_system && stamp system "${cxx_packages[*]}"; }
  need_python
  find_tools
  nvcc=
  [[ ${1:-} != cuda ]] || need_nvcc
  configure
}

prepare_program() {
  local cuda= targets=(kennel_app)
  wants_cuda && cuda=cuda
  lock
  if ! program_ready; then
    set_up $cuda
    [[ -n $cuda && -n $nvcc ]] && targets+=(kennel_cuda)
    if [[ -x $build/bin/kennel ]]; then
      say "building what changed"
    else
      say "building Kennel for this machine (once: 3 to 10 minutes on two cores)"
    fi
    build_targets "building" "${targets[@]}"
  fi
  unlock
}

prepare_python() {
  lock
  if ! up_to_date kennel_python; then
    set_up
    grep -q '^build .*kennel_python' "$build/build.ninja" ||
      die "the Python package cannot be built for $python" "install python3-dev, and nanobind and nanobind-backend into it"
    say "building the Python package"
    build_targets "building" kennel_python
  fi
  unlock
}

# --- the launcher's own commands

command_setup() {
  lock
  rm -f -- "$root/.venv/kennel-wheels" "$state"/{system,nvcc_for,no_cuda,configured}
  local cuda=
  wants_cuda && cuda=cuda
  set_up $cuda
  unlock
  say "set up; next: ./kennel train"
}

build_everything() {  # [tests]: with what running the tests needs
  local targets=(kennel_app all) cuda=cuda
  case ${KENNEL_CUDA:-auto} in OFF | off | 0) cuda= ;; esac
  lock
  rm -f -- "$state/no_cuda"
  set_up $cuda
  [[ -z ${1:-} ]] || need_test_wheels
  [[ -n $nvcc ]] && targets+=(kennel_cuda)
  [[ -e $state/all ]] || say "building everything, tests included (once: 5 to 20 minutes on two cores)"
  build_targets "building" "${targets[@]}"
  unlock
}

command_build() {
  case ${1:-} in
    '') rm -f -- "$state/kennel_app" && prepare_program ;;
    --all) build_everything ;;
    *)
      say "build knows --all, not '$1'"
      exit 2
      ;;
  esac
  say "built $build/bin/kennel"
}

# What GoogleTest said of tests that were skipped: file, line and reason.
skipped_tests() {
  awk -v root="$root/" '
    / Skipped$/ && /:[0-9]+: / { sub(root, ""); sub(/ Skipped$/, ""); place = $0; getline; print "  " place " " $0 }
  ' "$build/Testing/Temporary/LastTest.log"
}

command_test() {
  build_everything tests
  local result=0 skipped
  "$ctest" --test-dir "$build" --output-on-failure --parallel "$(nproc)" "$@" || result=$?
  skipped=$(skipped_tests 2>/dev/null)
  if [[ -n $skipped ]]; then
    say "$(wc -l <<<"$skipped") tests were skipped:"
    printf '%s\n' "$skipped" >&2
  fi
  exit "$result"
}

command_clean() {
  case ${1:-} in
    '' | --all) ;;
    *)
      say "clean knows --all, not '$1'"
      exit 2
      ;;
  esac
  lock
  [[ ${1:-} == --all ]] && rm -rf -- "$root/.venv"
  find "$build" -mindepth 1 -maxdepth 1 ! -name .lock -exec rm -rf -- {} +
  unlock
}
