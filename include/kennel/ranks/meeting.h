// Where the ranks of a training find each other, tell each other what must agree, and see who is
// lost.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kennel/ranks/place.h"

namespace c10d {
class Store;
}

namespace kennel {

/// An operation with the other ranks failed, because one of them is gone or the network is.
struct RankLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// How long ranks wait for each other: to meet (less where all are on one machine), and in one
/// operation.
struct RankPatience {
  std::chrono::seconds to_meet{300}, in_work{20};

  /// KENNEL_RANK_TIMEOUT, in seconds, where it is set: of an operation; meeting takes no less.
  static RankPatience of_process();
};

/// The ranks' common store (LibTorch's TCPStore, which rank 0 keeps, or torchrun). A thread gives
/// signs of life, with what the rank is doing, and ends the program quietly, with exit code 1, once
/// another rank has an error to tell.
class Meeting {
 public:
  /// Waits for all ranks; ends the program where one did not come.
  /// \throws Error naming what is wrong with the meeting point
  Meeting(const RankPlace& place, RankPatience patience);
  /// Who keeps the store waits a moment for those who still read there.
  ~Meeting();
  Meeting(const Meeting&) = delete;
  Meeting& operator=(const Meeting&) = delete;

  const RankPlace& place() const { return place_; }
  RankPatience patience() const { return patience_; }
  c10d::Store& store();
  const std::string& own_address() const { return own_address_; }  // that the others can reach

  /// Every rank's word for `subject`, by rank; a subject is spoken of once. Waits for all.
  /// \throws RankLost, or Error naming who did not come
  std::vector<std::string> tell(const std::string& subject, const std::string& word);

  /// \throws Error on all ranks where theirs differ, naming who differs from rank 0 and how
  /// \param what  "the recipe"
  void agree(const std::string& what, const std::string& word);

  /// "rank 2 on node07"
  std::string name_of(int rank) const;

  const std::string& host_of(int rank) const { return hosts_[static_cast<std::size_t>(rank)]; }

  /// What this rank is doing, for whoever misses it: "gathers experience". A literal.
  void now(const char* doing);

  /// From now on the program ends, with the last words, once another rank has been silent for as
  /// long as an operation may take: for engines that would wait for it for ever.
  void end_when_lost();

  /// The last operation with the others is behind: they may end before this rank does.
  void alone_from_now();

  /// Ends the program for an error on this rank, and tells the others: one of them prints a line.
  /// Of RankLost who is silent is named instead.
  [[noreturn]] void end_by(const std::exception& error);

 private:
  std::vector<std::string> words_of_all(const std::string& subject, const std::string& word);
  /// What to print; nothing where another rank says it. May leave a thread that waits for ever.
  std::string last_words(const std::string& error, bool lost);
  void end_for_loss();
  std::string words_by_store(const std::string& error, bool lost);
  std::string words_without_store() const;

  class Impl;
  RankPlace place_;
  RankPatience patience_;
  std::chrono::seconds to_come_;  // until a rank's first sign of life
  std::string own_address_;
  std::vector<std::string> hosts_;
  std::unique_ptr<Impl> impl_;
};

/// Ends the program with exit code 1, without destructors: an engine that lost its peers may wait
/// for them for ever.
/// \param words  a line for standard error; empty: none
[[noreturn]] void end_with(const std::string& words);

}  // namespace kennel
