#include "kennel/ranks/meeting.h"

#include <arpa/inet.h>
#include <c10/util/Logging.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

#include "kennel/core/check.h"

namespace kennel {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using StorePtr = c10::intrusive_ptr<c10d::Store>;

constexpr auto kPoll = 10ms, kBeat = 500ms;
constexpr auto kListen = 3500ms;  // several beats and what a busy machine takes
constexpr auto kMeetHere = 15s;   // more than an operation, where ranks are started together
// An error of all ranks is the first one's to tell: it has this long before another speaks.
constexpr auto kFirstSpeaks = 1000ms;
constexpr auto kOthersLeave = 4000ms;  // before who keeps the store goes
constexpr auto kQuiet = 1500ms;        // who says nothing stays so long to be heard of
constexpr const char* kLoopback = "127.0.0.1";

std::string first_line(const std::string& message) { return message.substr(0, message.find('\n')); }

/// The address of this machine from which it reaches another. Nothing is sent.
std::string address_towards(const std::string& host, int port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_DGRAM;
  KENNEL_CHECK(::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0,
               "the meeting point's host ", host,
               " is not known on this machine; check MASTER_ADDR, or give its address in numbers");
  char text[INET_ADDRSTRLEN] = "";
  const int link = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{};
  socklen_t size = sizeof own;
  const bool known = link >= 0 && ::connect(link, found->ai_addr, found->ai_addrlen) == 0 &&
                     ::getsockname(link, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
                     ::inet_ntop(AF_INET, &own.sin_addr, text, sizeof text) != nullptr;
  const int error = errno;
  if (link >= 0) ::close(link);
  ::freeaddrinfo(found);
  KENNEL_CHECK(known, "the meeting point's host ", host,
               " cannot be reached from this machine: ", std::strerror(error));
  return text;
}

/// Polls, because a store's own waiting cannot say for whom.
bool await(c10d::Store& store, const std::string& key, Clock::time_point until) {
  while (!store.check({key})) {
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

c10::intrusive_ptr<c10d::TCPStore> tcp_store(const std::string& host, int port, bool keeps,
                                             std::chrono::milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(port);
  options.isServer = keeps;
  options.waitWorkers = false;
  options.timeout = timeout;
  try {
    return c10::make_intrusive<c10d::TCPStore>(host, options);
  } catch (const std::exception& error) {
    const std::string what = error.what();
    KENNEL_CHECK(what.find("EADDRINUSE") == std::string::npos, "port ", port, " of ", host,
                 ", where the ranks are to meet, is in use by another program; set MASTER_PORT to "
                 "a free one");
    fail(keeps ? "cannot keep the ranks' meeting point at " : "found nobody at the meeting point ",
         host, ":", port, " within ", timeout.count() / 1000,
         " s; expected rank 0 there: is it running, and the port open between the machines? (",
         first_line(what), ")");
  }
}

/// The store of ranks that meet by a file: rank 0 writes there where it keeps one.
StorePtr store_by_file(const RankPlace& place, std::chrono::seconds patience) {
  const StorePtr kept = c10::make_intrusive<c10d::FileStore>(place.file.string(), place.size);
  c10d::Store& file = *kept;
  const bool local = place.local_size == place.size;
  if (place.rank == 0) {
    KENNEL_CHECK(!file.check({"meeting"}), place.file.string(),
                 " is left from an earlier start; remove it, or name another meeting file");
    const std::string host = local ? kLoopback : own_host();
    auto store = tcp_store(host, 0, true, patience);
    file.set("meeting", text(host, " ", store->getPort()));
    return store;
  }
  const bool told = await(file, "meeting", Clock::now() + patience);
  if (!told && local && place.rank > 1) end_with("");  // one of them speaks
  KENNEL_CHECK(told, "rank 0 has not written to ", place.file.string(), " within ",
               patience.count(), " s, for which rank ", place.rank, " on ", own_host(),
               " waits; is it running, and does it see the same file?");
  std::istringstream written(file.get_to_str("meeting"));
  std::string host;
  int port = 0;
  written >> host >> port;
  return tcp_store(host, port, false, patience);
}

StorePtr find_store(const RankPlace& place, std::chrono::seconds patience) {
  if (!place.file.empty()) return store_by_file(place, patience);
  const bool keeps = place.rank == 0 && !place.kept_by_launcher;
  return c10::make_intrusive<c10d::PrefixStore>("kennel." + place.name,
                                                tcp_store(place.host, place.port, keeps, patience));
}

std::string key(const char* of, int rank) { return text(of, "/", rank); }
constexpr const char *kFailures = "failures", *kLosses = "losses";

/// A rank's last sign of life; empty: none yet.
std::string beat_of(c10d::Store& store, int rank) {
  return store.check({key("beat", rank)}) ? store.get_to_str(key("beat", rank)) : std::string();
}

/// " (while it learned)", by a rank's last sign of life.
std::string while_doing(const std::string& beat) {
  const std::size_t space = beat.find(' ');
  return text(" (while it ", space == std::string::npos ? "started" : beat.substr(space + 1), ")");
}

}  // namespace

void end_with(const std::string& words) {
  const std::string line =
      words.empty() ? "" : "kennel: " + words.substr(0, words.find('\n')) + "\n";
  // std::cerr may be shut.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) std::_Exit(1);
  std::_Exit(1);
}

RankPatience RankPatience::of_process() {
  RankPatience patience;
  if (const char* given = std::getenv("KENNEL_RANK_TIMEOUT")) {
    const long seconds = std::strtol(given, nullptr, 10);
    KENNEL_CHECK(seconds >= 1 && seconds <= 86400, "KENNEL_RANK_TIMEOUT is ", given,
                 "; expected seconds from 1 to 86400");
    patience.in_work = std::chrono::seconds(seconds);
    patience.to_meet = std::max(patience.to_meet, patience.in_work);
  }
  return patience;
}

class Meeting::Impl {
 public:
  /// \param on_loss  called once, where another rank has noticed that one is lost
  Impl(StorePtr store, const RankPlace& place, std::chrono::seconds patience,
       std::function<void()> on_loss)
      : store_(std::move(store)),
        on_loss_(std::move(on_loss)),
        rank_(place.rank),
        size_(place.size),
        patience_(patience),
        seen_(static_cast<std::size_t>(place.size)) {
    beats_ = store_->clone();
  }
  void start() {
    thread_ = std::thread([this] { beat(); });
    guard_ = std::thread([this] { guard(); });
  }
  ~Impl() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    end_.notify_all();
    thread_.join();
    guard_.join();
  }

  c10d::Store& store() { return *store_; }

  /// What the first rank gave as its last sign of life.
  std::string beat_of_first() {
    const std::lock_guard lock(mutex_);
    return beat_of_first_;
  }

  std::atomic<const char*> doing{"started"};
  std::atomic<bool> watches{false};
  std::atomic<bool> ends{false};    // a thread is about to say the last words
  std::atomic<bool> speaks{false};  // this rank has an error of its own to tell

 private:
  // Over a connection of its own: the other one may be waiting.
  void beat() {
    for (int count = 0; count == 0 || goes_on(); ++count) {
      try {
        beats_->set(key("beat", rank_), text(count, " ", doing.load()));
        note_first(beat_of(*beats_, 0));
        if (beats_->check({kFailures})) leave();
        if (beats_->check({kLosses})) lose();
        if (watches) watch();
        beaten_ = count;
      } catch (const std::exception&) {
        // Who kept the store is gone; without the watch whoever needs it will say so.
        if (watches) lose();
        beaten_ = kNoMore;
        return;
      }
    }
  }

  // Who keeps the store may hang, and then so does who asks it. Here and in the watch signs of life
  // are counted and not timed, so that where all ranks were stopped nobody is missed.
  void guard() {
    int last = -1;
    for (int silent = 0; goes_on() && last != kNoMore;) {
      const int now = beaten_;
      silent = now == std::exchange(last, now) ? silent + 1 : 0;
      if (silent * kBeat > patience_) lose();
    }
  }

  /// After the time between two beats; no more at the end.
  bool goes_on() {
    std::unique_lock lock(mutex_);
    return !end_.wait_for(lock, kBeat, [this] { return over_; });
  }

  void note_first(const std::string& beat) {
    const std::lock_guard lock(mutex_);
    beat_of_first_ = beat;
  }

  void lose() {
    if (!lost_.exchange(true) && on_loss_) on_loss_();
  }

  // Another rank has failed and says why; this one may wait for it in an operation.
  void leave() {
    const auto now = Clock::now();
    if (!failed_at_) failed_at_ = now;
    if (speaks || (rank_ == 0 && now - *failed_at_ < 2 * kFirstSpeaks)) return;
    beats_->set(key("left", rank_), std::string("quietly"));
    std::_Exit(1);
  }

  void watch() {
    for (int rank = 0; rank < size_; ++rank) {
      Seen& seen = seen_[static_cast<std::size_t>(rank)];
      const std::string beat = beat_of(*beats_, rank);
      seen.silent = beat == seen.beat && !beat.empty() ? seen.silent + 1 : 0;
      seen.beat = beat;
      if (seen.silent * kBeat > patience_) lose();
    }
  }

  struct Seen {
    std::string beat;
    int silent = 0;
  };

  static constexpr int kNoMore = -2;  // who kept the store is gone

  StorePtr store_, beats_;
  std::function<void()> on_loss_;
  std::atomic<bool> lost_{false};
  std::atomic<int> beaten_{-1};
  int rank_, size_;
  std::chrono::seconds patience_;
  std::vector<Seen> seen_;
  std::optional<Clock::time_point> failed_at_;
  std::string beat_of_first_;
  std::mutex mutex_;
  std::condition_variable end_;
  bool over_ = false;
  std::thread thread_, guard_;
};

Meeting::Meeting(const RankPlace& place, RankPatience patience)
    : place_(place), patience_(patience), to_come_(patience.to_meet) {
  // LibTorch's warnings say what our errors say.
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = 2;
  const bool local = place.local_size == place.size;
  if (local) to_come_ = patience.in_work + kMeetHere;
  impl_ = std::make_unique<Impl>(find_store(place, to_come_), place, patience.in_work,
                                 [this] { end_for_loss(); });
  own_address_ = local                ? kLoopback
                 : place.host.empty() ? address_towards(own_host(), 1)
                                      : address_towards(place.host, place.port);
  if (local) hosts_.assign(static_cast<std::size_t>(place.size), own_host());
  impl_->start();
  try {
    const std::vector<std::string> hosts = tell("host", own_host());
    if (!local) hosts_ = hosts;
  } catch (const std::exception& error) {
    end_by(error);
  }
}

Meeting::~Meeting() {
  if (impl_->ends) std::this_thread::sleep_for(1h);  // another thread ends it all
  alone_from_now();
  try {
    store().set(key("gone", place_.rank), std::string("by itself"));
    if (place_.rank > 0 || place_.kept_by_launcher) return;
    const auto until = Clock::now() + kOthersLeave;
    for (int rank = 1; rank < place_.size; ++rank) await(store(), key("gone", rank), until);
  } catch (const std::exception&) {
    // Who kept it is gone, and waits for nobody.
  }
}

c10d::Store& Meeting::store() { return impl_->store(); }

std::vector<std::string> Meeting::tell(const std::string& subject, const std::string& word) {
  try {
    return words_of_all(subject, word);
  } catch (const c10::Error& error) {  // of the store
    throw RankLost(error.what());
  }
}

std::vector<std::string> Meeting::words_of_all(const std::string& subject,
                                               const std::string& word) {
  c10d::Store& store = impl_->store();
  std::vector<std::string> words;
  store.set(key(subject.c_str(), place_.rank), word);
  const auto started = Clock::now();
  for (int rank = 0; rank < place_.size; ++rank) {
    std::string beat;
    for (int silent = 0; !await(store, key(subject.c_str(), rank), Clock::now() + kBeat);) {
      const std::string now = beat_of(store, rank);
      silent = !now.empty() && now == beat ? silent + 1 : 0;
      beat = now;
      if (silent * kBeat > patience_.in_work) throw RankLost(name_of(rank) + " is silent");
      const auto limit = now.empty() ? to_come_ : patience_.to_meet;
      KENNEL_CHECK(Clock::now() - started < limit, name_of(rank),
                   " has not come to the ranks' meeting within ", limit.count(),
                   " s; is it running, and does it know the meeting point?");
    }
    words.push_back(store.get_to_str(key(subject.c_str(), rank)));
  }
  return words;
}

void Meeting::agree(const std::string& what, const std::string& word) {
  const std::vector<std::string> words = tell("agree/" + what, word);
  for (int rank = 1; rank < place_.size; ++rank) {
    const std::string& other = words[static_cast<std::size_t>(rank)];
    if (other == words[0]) continue;
    std::istringstream first(words[0]), second(other);
    std::string a, b;
    do {
      a.clear();
      b.clear();
      std::getline(first, a);
      std::getline(second, b);
    } while (a == b && (first || second));
    fail(what, " of ", name_of(rank), " is not that of rank 0: \"", b, "\" against \"", a,
         "\"; start all ranks with the same command and program");
  }
}

std::string Meeting::name_of(int rank) const {
  const auto at = static_cast<std::size_t>(rank);
  return at < hosts_.size() ? text("rank ", rank, " on ", hosts_[at]) : text("rank ", rank);
}

// Beside the thread that gives signs of life.
void Meeting::end_for_loss() {
  std::thread([this] { end_with(last_words("a rank is silent", true)); }).detach();
}

void Meeting::end_by(const std::exception& error) {
  end_with(last_words(error.what(), dynamic_cast<const RankLost*>(&error) != nullptr));
}

void Meeting::end_when_lost() { impl_->watches = true; }

void Meeting::alone_from_now() { impl_->watches = false; }

void Meeting::now(const char* doing) { impl_->doing = doing; }

// Who keeps the store may hang, and then so does whoever asks it.
std::string Meeting::last_words(const std::string& error, bool lost) {
  if (impl_->ends.exchange(true)) std::this_thread::sleep_for(1h);  // another thread ends it all
  std::promise<std::string> answer;
  std::future<std::string> answered = answer.get_future();
  std::thread([this, error, lost, answer = std::move(answer)]() mutable {
    try {
      answer.set_value(words_by_store(error, lost));
    } catch (const std::exception&) {
      answer.set_value(words_without_store());
    }
  }).detach();
  const bool in_time = answered.wait_for(kOthersLeave + kListen) == std::future_status::ready;
  return in_time ? answered.get() : words_without_store();
}

// One of the others speaks for all of a host: that of the store may be gone as a whole.
std::string Meeting::words_without_store() const {
  int speaker = place_.kept_by_launcher ? 0 : 1;
  if (!hosts_.empty() && host_of(place_.rank) != hosts_.front())
    speaker = static_cast<int>(std::find(hosts_.begin(), hosts_.end(), host_of(place_.rank)) -
                               hosts_.begin());
  if (place_.rank != speaker) return "";
  return text(
      "lost ",
      place_.kept_by_launcher ? "the launcher" : name_of(0) + while_doing(impl_->beat_of_first()),
      ", which kept the ranks' meeting point: it died, hangs or cannot be reached");
}

// Who is silent was lost. Of the others one speaks: who failed by itself, or else the first.
std::string Meeting::words_by_store(const std::string& error, bool lost) {
  c10d::Store& store = impl_->store();
  const auto failed = [&](int rank) { return store.check({key("failed", rank)}); };
  if (!lost) {
    impl_->speaks = true;
    store.set(key("failed", place_.rank), error);
    store.add(kFailures, 1);
    if (place_.rank == 0) {
      const auto until = Clock::now() + kOthersLeave;
      for (int rank = 1; rank < place_.size; ++rank) await(store, key("left", rank), until);
      return error;
    }
    const bool said = await(store, key("failed", 0), Clock::now() + kFirstSpeaks);
    store.set(key("left", place_.rank), std::string("quietly"));
    return said ? "" : text(name_of(place_.rank), ": ", error);
  }
  store.add(kLosses, 1);
  std::vector<std::string> before;
  for (int rank = 0; rank < place_.size; ++rank) before.push_back(beat_of(store, rank));
  std::this_thread::sleep_for(kListen);
  std::string silent;
  int first_left = -1;
  for (int rank = 0; rank < place_.size; ++rank) {
    if (failed(rank)) return "";
    const std::string now = beat_of(store, rank), &then = before[static_cast<std::size_t>(rank)];
    if (now != then) {
      if (first_left < 0) first_left = rank;
      continue;
    }
    silent += text(silent.empty() ? "" : ", ", name_of(rank), while_doing(now));
  }
  // Who says nothing stays to be heard of, and who keeps the store for those who still ask.
  if (first_left != place_.rank || place_.rank == 0) std::this_thread::sleep_for(kQuiet);
  if (first_left != place_.rank) return "";
  if (silent.empty())
    return text("the ranks lost touch with each other (", first_line(error),
                "); is the network between them whole?");
  return text("lost ", silent, ": it died, hangs or cannot be reached");
}

}  // namespace kennel
