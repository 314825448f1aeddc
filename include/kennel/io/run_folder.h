// The folder of a training run, and the promise that it is whole at every moment.
//
//   RUN/
//     format                           "kennel-run 1": the version of this layout, written last
//     lock                             held (flock) by the process that trains in the folder
//     config.toml                      the resolved recipe
//     metrics.csv  events.out.tfevents...
//     checkpoints/step_000000123.ckpt  the last few; written to a temporary name and renamed
//     checkpoints/last.ckpt best.ckpt  links to two of them (checkpoint_links.h)
//     checkpoints/best_score           the number that made best.ckpt the best, and its step
//     policy.json                      the exported policy
//     robot.xml                        the robot that it was trained on, where it does not ship
//     machine.json                     what trained it: processor, device, program
//     report.html                      curves, judgement, replay
//     finished                         of which step policy, judgement and report are, and whether
//                                      --minutes ended it
//     diverged.json                    the first environment that diverged, if one did
//     failed_batch.tensors             the first batch that gave a loss or a gradient that is not
//                                      finite, if one did
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kennel {

enum class IfExists { kRefuse, kReplace };

/// The model of a robot that does not ship, in a run's folder.
inline constexpr const char* kRobotFile = "robot.xml";

class RunFolder {
 public:
  /// Creates the folder with its config and locks it for this process. The folder is claimed by
  /// mkdir, so that one of several processes gets it; one that exists and is empty is taken as it
  /// is, because a mounted volume cannot be renamed.
  /// \param if_exists  kReplace takes the place of an existing run in one step and then removes it;
  /// never of a folder that is not a run, nor of a run that is being written
  /// \throws Error when the folder exists, is in use by another process, or cannot be written;
  /// what stood there before is whole then
  static RunFolder create(const std::filesystem::path& path, std::string_view config_toml,
                          IfExists if_exists);

  /// The same under a name of its own below `parent`, from the local time.
  static RunFolder create_new(const std::filesystem::path& parent, std::string_view config_toml);

  /// What `create` would refuse at once, without touching anything: to be asked before long
  /// preparations.
  static void check_can_create(const std::filesystem::path& path, IfExists if_exists);

  /// Opens an existing run to go on with it: locks it, and tidies up after a process that was
  /// killed (half-written files, a best.ckpt that was not linked yet).
  /// \throws Error when there is no such run, another process trains in it, or its format version
  /// is another
  static RunFolder resume(const std::filesystem::path& path);

  /// Opens an existing run for reading only.
  /// \throws Error when there is no such run or its version is another
  static RunFolder open(const std::filesystem::path& path);

  /// Whether a folder is a run, of whatever version.
  static bool is_run(const std::filesystem::path& path);

  RunFolder(RunFolder&& other) noexcept;
  RunFolder& operator=(RunFolder&&) = delete;
  ~RunFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path policy() const { return path_ / "policy.json"; }
  std::filesystem::path robot() const { return path_ / kRobotFile; }
  std::filesystem::path machine() const { return path_ / "machine.json"; }
  std::filesystem::path report() const { return path_ / "report.html"; }
  std::filesystem::path finished() const { return path_ / "finished"; }
  std::filesystem::path divergence() const { return path_ / "diverged.json"; }
  std::filesystem::path failed_batch() const { return path_ / "failed_batch.tensors"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path last_checkpoint() const { return checkpoints() / "last.ckpt"; }
  std::filesystem::path best_checkpoint() const { return checkpoints() / "best.ckpt"; }

  /// checkpoints/step_000000123.ckpt, whether it exists or not.
  std::filesystem::path checkpoint(std::int64_t step) const;

  /// The steps of the checkpoints that exist, in rising order.
  std::vector<std::int64_t> checkpoint_steps() const;

  /// What `--checkpoint` names: "last", "best" or a step. Where the link `last` was lost, the
  /// newest step is the last.
  /// \return the file itself, whatever links name it
  /// \throws Error when it does not exist, naming those that do
  std::filesystem::path find_checkpoint(const std::string& which) const;

  /// The step in a checkpoint's name; nothing for other files.
  static std::optional<std::int64_t> step_of(const std::filesystem::path& file);

  /// Makes `checkpoint(step)`, which the caller has written, the last one, and removes all but the
  /// newest `keep`, the last and the best.
  /// \param best_score  where it is the best as well: what made it so
  /// \throws Error when the disk is full; all checkpoints are still there then
  void publish_checkpoint(std::int64_t step, std::optional<double> best_score, int keep);

  /// The score of `best.ckpt`; nothing where there is none.
  std::optional<double> best_score() const;

  /// Makes `step` the last checkpoint again: later ones are renamed to "....set-aside" and are no
  /// checkpoints of the run any more.
  void go_back_to(std::int64_t step);

 private:
  struct Best;
  explicit RunFolder(std::filesystem::path path);
  void lock();
  void fill(std::string_view config_toml);
  void fill_claimed(std::string_view config_toml, bool claimed);
  static RunFolder replace(RunFolder old, std::string_view config_toml);
  void replace_in_place(std::string_view config_toml);
  void remove_leftovers() const;
  void remove_old_checkpoints(int keep) const;
  std::optional<Best> best() const;

  std::filesystem::path path_;
  int lock_fd_ = -1;
};

/// A new name below `parent`, from the local time: "2026-12-01_14-15-00".
std::filesystem::path default_run_path(const std::filesystem::path& parent);

}  // namespace kennel
