// The folder of a training run, and the promise that it is whole at every moment.
//
//   RUN/
//     format                           "kennel-run 1": the version of this layout
//     config.toml                      the resolved recipe
//     metrics.csv  events.out.tfevents...
//     checkpoints/step_000000123.ckpt  the last few; written to a temporary name and renamed
//     checkpoints/last.ckpt best.ckpt  symbolic links to two of them
//     checkpoints/best_score           the number that made best.ckpt the best
//     policy.json                      the exported policy
//     machine.json                     what trained it: processor, device, program
//     report.html                      curves, judgement, replay
//     diverged.json                    the first environment that diverged, if one did
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kennel {

enum class IfExists { kRefuse, kReplace };

class RunFolder {
 public:
  /// Creates the folder with its config, whole or not at all, and locks it for this process.
  /// \param if_exists  kReplace removes an existing run first, but never a folder that is not a run
  /// \throws Error when the folder exists, is in use by another process, or cannot be written
  static RunFolder create(const std::filesystem::path& path, std::string_view config_toml,
                          IfExists if_exists);

  /// What `create` would refuse at once, without touching anything: to be asked before long
  /// preparations.
  static void check_can_create(const std::filesystem::path& path, IfExists if_exists);

  /// Opens an existing run to go on with it: locks it and removes what a killed process left half
  /// written.
  /// \throws Error when there is no such run, another process trains in it, or its format version
  /// is another
  static RunFolder resume(const std::filesystem::path& path);

  /// Opens an existing run for reading only.
  /// \throws Error when there is no such run or its version is another
  static RunFolder open(const std::filesystem::path& path);

  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  ~RunFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path policy() const { return path_ / "policy.json"; }
  std::filesystem::path machine() const { return path_ / "machine.json"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path divergence() const { return path_ / "diverged.json"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path last_checkpoint() const { return checkpoints() / "last.ckpt"; }
  std::filesystem::path best_checkpoint() const { return checkpoints() / "best.ckpt"; }

  /// checkpoints/step_000000123.ckpt, whether it exists or not.
  std::filesystem::path checkpoint(std::int64_t step) const;

  /// The steps of the checkpoints that exist, in rising order.
  std::vector<std::int64_t> checkpoint_steps() const;

  /// `policy()`.
  /// \throws Error when the run has not ended, so that there is none
  std::filesystem::path find_policy() const;

  /// What `--checkpoint` names: "last", "best" or a step.
  /// \throws Error when it does not exist, naming those that do
  std::filesystem::path find_checkpoint(const std::string& which) const;

  /// Makes `checkpoint(step)`, which the caller has written, the last one (and the best, if asked),
  /// and removes all but the newest `keep`, the last and the best.
  /// \throws Error when the disk is full; all checkpoints are still there then
  void publish_checkpoint(std::int64_t step, bool is_best, int keep);

 private:
  explicit RunFolder(std::filesystem::path path);
  void lock();
  void remove_leftovers() const;
  void remove_old_checkpoints(int keep) const;

  std::filesystem::path path_;
  int lock_fd_ = -1;
};

/// A new name below `parent`, from the local time: "2026-12-01_14-15-00".
std::filesystem::path default_run_path(const std::filesystem::path& parent);

}  // namespace kennel
