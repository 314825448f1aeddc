#!/usr/bin/env bash
# Tests of ./kennel: launcher_test.sh NAME runs one, --list names them.
#
# Each gets a checkout of its own in a folder with a space in its name, and a Python, CMake, CTest and Ninja that only note
# that they were called; the "program" that this Ninja builds prints its arguments and its folder.
set -u
source_dir=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)

program() { cat <<'END'; }
#!/bin/sh
for argument; do echo "argument $argument"; done
echo "folder $(pwd)"
END

stand_in() {  # PATH: an executable with the text on standard input
  mkdir -p -- "$(dirname -- "$1")"
  { echo '#!/bin/bash'; cat; } >"$1"
  chmod +x -- "$1"
}

make_checkout() {
  sandbox=$(mktemp -d)/"a checkout"
  trap 'rm -rf -- "$(dirname -- "$sandbox")"' EXIT
  mkdir -p -- "$sandbox"/{cmake,include,src,envs,kernels}
  cp -- "$source_dir"/{kennel,requirements.txt} "$sandbox"
  cp -- "$source_dir"/cmake/*.sh "$sandbox/cmake"
  touch -- "$sandbox/CMakeLists.txt" "$sandbox/src/main.cpp"
  # Sources older than any stamp, whatever the file system's clock resolves.
  find "$sandbox" -exec touch -d '1 hour ago' {} +
  export SANDBOX=$sandbox
  tools=$(dirname -- "$sandbox")/tools
  stand_in "$tools/python" <<<'[[ "$*" != *CMAKE_BIN_DIR* && "$*" != *nvidia* ]]'
  stand_in "$tools/cmake" <<<'echo "$*" >>"$SANDBOX/cmake_calls"; touch "$SANDBOX/build/build.ninja"'
  stand_in "$tools/ctest" <<<'echo "ctest $*"; echo "100% tests passed"'
  stand_in "$tools/nvcc" <<<'echo "no compiler"; exit 1'
  program >"$tools/program"
  stand_in "$tools/ninja" <<'END'
echo "$*" >>"$SANDBOX/ninja_calls"
sleep "${SLOW:-0}"
[[ -e $SANDBOX/broken ]] && { echo "main.cpp:1: error: broken"; exit 1; }
mkdir -p "$SANDBOX/build/bin"
install -m 755 "$(dirname "$0")/program" "$SANDBOX/build/bin/kennel"
END
  unset CMAKE_PREFIX_PATH CUDACXX CC CXX KENNEL_CUDA_ARCHS KENNEL_JOBS
  export KENNEL_PYTHON=$tools/python KENNEL_CUDA=OFF CUDA_HOME=$sandbox/none PATH=$tools:$PATH
}

# Runs the launcher; sets out, err and code.
kennel() {
  out=$("$sandbox/kennel" "$@" 2>"$tools/err")
  code=$?
  err=$(<"$tools/err")
}

check() {  # DESCRIPTION CONDITION...: a command that must succeed
  local what=$1
  shift
  "$@" && return
  printf 'FAILED: %s\n  %s\nexit code %s\n--- standard output\n%s\n--- standard error\n%s\n' \
    "$what" "$*" "${code:-}" "${out:-}" "${err:-}"
  exit 1
}
contains() { [[ $1 == *"$2"* ]]; }
equal() { [[ $1 == "$2" ]]; }
builds() { wc -l <"$sandbox/ninja_calls" 2>/dev/null || echo 0; }

test_help_needs_no_set_up() {
  kennel --help
  check "succeeds" equal "$code" 0
  check "names the commands" contains "$out" "train "
  check "leaves nothing behind" test ! -e "$sandbox/build"
}

test_an_unknown_command_is_refused_before_any_set_up() {
  kennel trian
  check "usage error" equal "$code" 2
  check "says what came" contains "$err" "no command 'trian'"
  check "says nothing on standard output" equal "$out" ""
  check "leaves nothing behind" test ! -e "$sandbox/build"
}

test_every_command_of_the_program_reaches_it() {
  local name names
  names=$(sed -n 's/^    {"\([a-z]*\)",.*/\1/p' "$source_dir/src/app/main.cpp")
  check "found the program's table" contains "$names" train
  for name in $names; do
    kennel "$name" --flag
    check "$name" equal "$out" "argument $name
argument --flag
folder $PWD"
  done
  kennel nonsense
  for name in $names; do check "the refusal lists $name" contains "$err" " $name,"; done
}

test_play_on_a_page_is_the_python_packages() {
  mkdir -- "$sandbox/python"
  touch -d '1 hour ago' -- "$sandbox/python"
  kennel play run --web
  check "a package that cannot be built" equal "$code" 1
  check "says what is missing" contains "$err" "python3-dev"
  stand_in "$tools/cmake" <<<'echo "build python/kennel_python: phony" >"$SANDBOX/build/build.ninja"'
  stand_in "$tools/python" <<'END'
[[ $1 == -m ]] && { printf 'argument %s\n' "$@"; echo "$PYTHONPATH, $KENNEL_PROGRAM"; exit 3; }
[[ "$*" != *CMAKE_BIN_DIR* && "$*" != *nvidia* ]]
END
  echo >>"$sandbox/CMakeLists.txt"
  touch -- "$sandbox/python/module.cpp"
  kennel setup
  kennel play 'a run' --web --port 0
  check "the command's exit code" equal "$code" 3
  check "its arguments" equal "$out" "argument -m
argument kennel.view
argument a run
argument --port
argument 0
$sandbox/build/python, $sandbox/build/bin/kennel"
  check "builds the package" contains "$(<"$sandbox/ninja_calls")" kennel_python
  local before
  before=$(builds)
  kennel play 'a run' --web
  check "once" equal "$(builds)" "$before"
  kennel play run --video web.mp4
  check "and without --web the program plays" contains "$out" "argument play"
}

test_standard_output_is_the_commands_alone() {
  kennel info
  check "succeeds" equal "$code" 0
  check "first start" equal "$out" "argument info
folder $PWD"
  check "tells of the build" contains "$err" "building"
}

test_arguments_and_folder_are_the_callers() {
  mkdir -- "$tools/elsewhere" && cd -- "$tools/elsewhere" || exit 1
  ln -s -- "$sandbox/kennel" link
  out=$(./link train --out 'a b' '*' '' 2>/dev/null)
  check "through a link, from another folder" equal "$out" "argument train
argument --out
argument a b
argument *
argument 
folder $PWD"
}

test_a_deleted_working_directory_is_one_line() {
  kennel info
  mkdir -- "$tools/gone" && cd -- "$tools/gone" && rmdir -- "$tools/gone" || exit 1
  kennel info
  check "fails" equal "$code" 1
  check "says so" contains "$err" "kennel: the working directory has been deleted; cd to a folder that exists"
  check "runs nothing" equal "$out" ""
}

test_a_second_start_builds_nothing_and_says_nothing() {
  kennel info
  kennel info
  check "built once" equal "$(builds)" 1
  check "quiet" equal "$err" ""
}

test_the_exit_code_is_the_commands() {
  echo 'exit 7' >>"$tools/program"
  kennel info
  check "7" equal "$code" 7
}

test_an_edited_source_is_built_again() {
  kennel info
  echo "// edited" >>"$sandbox/src/main.cpp"
  kennel info
  check "edited" equal "$(builds)" 2
  touch -- "$sandbox/include/new.h"
  kennel info
  check "added" equal "$(builds)" 3
  rm -- "$sandbox/include/new.h"
  kennel info
  check "removed" equal "$(builds)" 4
}

test_an_edit_during_the_build_is_seen() {
  SLOW=1 "$sandbox/kennel" info >/dev/null 2>&1 &
  until [[ -e $sandbox/ninja_calls ]]; do sleep 0.05; done
  echo "// edited" >>"$sandbox/src/main.cpp"
  wait
  kennel info
  check "built again" equal "$(builds)" 2
}

test_changed_requirements_configure_again() {
  kennel info
  echo "another==1.0" >>"$sandbox/requirements.txt"
  kennel info
  check "configured twice" equal "$(wc -l <"$sandbox/cmake_calls")" 2
}

test_a_failed_build_shows_the_error_and_what_to_try() {
  touch -- "$sandbox/broken"
  kennel info
  check "fails" equal "$code" 1
  check "shows the compiler's words" contains "$err" "main.cpp:1: error: broken"
  check "says what to try" contains "$err" "try:"
  check "prints no result" equal "$out" ""
  rm -- "$sandbox/broken"
  kennel info
  check "the next start builds" equal "$code" 0
}

test_an_interrupted_build_goes_on_at_the_next_start() {
  # Ctrl-C reaches the terminal's whole process group.
  SLOW=30 python3 - "$sandbox/kennel" >"$tools/code" 2>"$tools/err" <<'END'
import os, signal, subprocess, sys, time
launcher = subprocess.Popen([sys.argv[1], "info"], start_new_session=True)
while not os.path.exists(os.environ["SANDBOX"] + "/ninja_calls"): time.sleep(0.05)
os.killpg(launcher.pid, signal.SIGINT)
print(launcher.wait(timeout=10))
END
  code=$(<"$tools/code") err=$(<"$tools/err")
  check "ends as interrupted" equal "$code" 130
  check "says that nothing is lost" contains "$err" "interrupted"
  kennel info
  check "goes on" equal "$code" 0
}

test_two_starts_at_once_build_once() {
  SLOW=1 "$sandbox/kennel" info >"$tools/one" 2>&1 &
  until [[ -e $sandbox/ninja_calls ]]; do sleep 0.05; done
  kennel info
  wait
  check "waits" contains "$err" "another ./kennel is at work"
  check "second succeeds" equal "$code" 0
  check "first succeeds" grep -q "argument info" "$tools/one"
  check "built once" equal "$(builds)" 1
}

test_a_moved_checkout_is_built_again() {
  kennel info
  mv -- "$sandbox" "$sandbox moved"
  sandbox="$sandbox moved" SANDBOX="$SANDBOX moved"
  kennel info
  check "succeeds" equal "$code" 0
  check "configured for the new place" grep -q -- "-B $sandbox/build" "$sandbox/cmake_calls"
}

test_tests_run_on_the_cpu_where_cuda_cannot_be_compiled() {
  KENNEL_CUDA=auto kennel test -R Step
  check "passes ctest's arguments on" contains "$out" "-R Step"
  check "closes with ctest's summary" equal "${out##*$'\n'}" "100% tests passed"
  check "says so" contains "$err" "CUDA cannot be compiled here"
  check "configures without" grep -q -- "-DKENNEL_CUDA=OFF" "$sandbox/cmake_calls"
}

test_tests_compile_cuda_where_nvcc_works() {
  stand_in "$tools/nvcc" <<<'echo "release 13.0"'
  KENNEL_CUDA=auto KENNEL_CUDA_ARCHS=90 kennel test
  check "succeeds" equal "$code" 0
  check "configures with it" grep -q -- "-DKENNEL_CUDA=ON -DCMAKE_CUDA_COMPILER=$tools/nvcc" "$sandbox/cmake_calls"
  check "builds it" grep -q kennel_cuda "$sandbox/ninja_calls"
}

test_a_python_without_torch_is_refused() {
  stand_in "$tools/python" <<<'exit 1'
  kennel info
  check "fails" equal "$code" 1
  check "says what is missing" contains "$err" "lacks torch or mujoco"
  KENNEL_PYTHON=/nowhere/python kennel info
  check "fails without it" equal "$code" 1
  check "names the variable" contains "$err" "KENNEL_PYTHON=/nowhere/python"
}

test_an_ordinary_user_gets_one_line_for_the_administrator() {
  stand_in "$tools/dpkg-query" <<<'exit 1'
  stand_in "$tools/apt-get" <<<'touch "$SANDBOX/apt_was_called"'
  unset KENNEL_PYTHON
  local as=()
  if [[ $EUID -eq 0 ]]; then
    command -v setpriv >/dev/null || { echo "SKIPPED: root, and no setpriv to become an ordinary user"; exit 77; }
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown -R 65534:65534 -- "$(dirname -- "$sandbox")"
  fi
  err=$(cd -- "$sandbox" && "${as[@]}" ./kennel info 2>&1 >/dev/null)  # the tests' own folder may be closed to that user
  code=$?
  check "fails" equal "$code" 1
  check "the line" contains "$err" "apt-get update && apt-get install -y --no-install-recommends "
  check "the packages" contains "$err" "libgtest-dev"
  check "installs nothing" test ! -e "$sandbox/apt_was_called"
}

test_a_python_that_another_user_may_not_reach_is_named() {
  unset KENNEL_PYTHON
  local home=$tools/home as=()
  stand_in "$tools/dpkg-query" <<<'echo installed'
  mkdir -p -- "$home/bin" "$sandbox/.venv/bin"
  cp -- "$tools/python" "$home/bin/python3"
  ln -s -- "$home/bin/python3" "$sandbox/.venv/bin/python3"
  ln -s -- python3 "$sandbox/.venv/bin/python"
  printf '%s\n' "$(readlink -f -- "$home/bin/python3")|$(<"$sandbox/requirements.txt")" >"$sandbox/.venv/kennel-wheels"
  kennel info
  check "the owner's first start builds" equal "$code" 0
  if [[ $EUID -eq 0 ]]; then
    command -v setpriv >/dev/null || { echo "SKIPPED: root, and no setpriv to become an ordinary user"; exit 77; }
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chmod 755 -- "$(dirname -- "$sandbox")"
    chmod 700 -- "$home"
  else
    chmod 000 -- "$home"
    chmod -R a-w -- "$sandbox/build"
  fi
  err=$(cd -- "$sandbox" && "${as[@]}" ./kennel info 2>&1 >/dev/null)  # the tests' own folder may be closed to that user
  code=$?
  chmod -R u+rwx -- "$home" "$sandbox/build"
  check "fails" equal "$code" 1
  check "the folder that is closed" contains "$err" "leads into $home, which user"
  check "what needs no Python" contains "$err" "$sandbox/build/bin/kennel with the same arguments"
  check "not the build folder" equal "${err/cannot write into/}" "$err"
  out=$("$sandbox/build/bin/kennel" info)
  check "which works" contains "$out" "argument info"
}

test_clean_removes_the_build() {
  kennel info
  kennel clean
  check "succeeds" equal "$code" 0
  check "program gone" test ! -e "$sandbox/build/bin"
  kennel info
  check "builds again" equal "$(builds)" 2
}

case ${1:---list} in
  --list) compgen -A function test_ | sed 's/^test_//' ;;
  *)
    make_checkout
    "test_$1"
    ;;
esac
