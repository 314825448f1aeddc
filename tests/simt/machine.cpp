#include "tests/simt/machine.h"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <iomanip>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "kennel/core/check.h"
#include "tests/simt/cuda/device_words.h"
#include "tests/simt/fiber.h"

#ifdef KENNEL_SIMT_THREAD
#include <sanitizer/tsan_interface.h>
#endif

SimtIndex threadIdx, blockIdx, blockDim, gridDim;

// The linker's names for the ends of all static shared memory.
extern "C" [[gnu::weak]] std::uint32_t __start_kennel_shared[], __stop_kennel_shared[];

namespace simt {
namespace {

using kennel::text;

constexpr std::size_t kSharedWithoutAsking = 48 << 10;
constexpr int kMostThreads = 1024;

/// The calls that led to a meeting: a number that stands for all of them, and the innermost ones
/// for messages.
struct CallPath {
  static constexpr int kNamed = 4;
  std::uint64_t sum = 0;
  std::uintptr_t caller[kNamed] = {};

  bool operator==(const CallPath& other) const { return sum == other.sum; }
};

/// Follows the frame pointers, which kernels are compiled with.
[[gnu::always_inline]] inline void follow_callers(CallPath& path) {
  struct Frame {
    const Frame* caller;
    std::uintptr_t return_address;
  };
  path.sum = 0;
  int depth = 0;
  for (auto* frame = static_cast<const Frame*>(__builtin_frame_address(0)); frame;
       frame = frame->caller) {
    path.sum = (path.sum ^ frame->return_address) * 0x9e3779b97f4a7c15u;
    if (depth < CallPath::kNamed) path.caller[depth++] = frame->return_address;
  }
}

/// Happens-before, for ThreadSanitizer: fibers that it runs in one thread are threads to it.
void release([[maybe_unused]] void* what) {
#ifdef KENNEL_SIMT_THREAD
  __tsan_release(what);
#endif
}
void acquire([[maybe_unused]] void* what) {
#ifdef KENNEL_SIMT_THREAD
  __tsan_acquire(what);
#endif
}

struct Thread {
  enum class State : std::uint8_t { kReady, kWaiting, kLeft } state = State::kReady;
  std::unique_ptr<Fiber> fiber;
  // While it waits:
  Meeting meeting{};
  CallPath path;
  std::uint64_t value = 0, result = 0;
  int source = 0;
  const char* fault = nullptr;  // what is wrong with the call itself
  char order_token = 0;         // of the barriers of groups of which this is the first lane

  bool meets(const Thread& other) const {
    return state == State::kWaiting && other.state == State::kWaiting &&
           meeting.kind == other.meeting.kind && meeting.mask == other.meeting.mask &&
           path == other.path;
  }
};

/// A sequence of 0 to n - 1 in the schedule's order.
class Sequence {
 public:
  void start(const Schedule& schedule) {
    order_ = schedule.order;
    random_ = schedule.seed * 0x9e3779b97f4a7c15u + 1;
  }
  template <class Visit>
  void each(int n, const Visit& visit) {
    if (order_ == Order::kForward) {
      for (int i = 0; i < n; ++i) visit(i);
    } else if (order_ == Order::kBackward) {
      for (int i = n; i-- > 0;) visit(i);
    } else {
      std::vector<int> shuffled(n);
      for (int i = 0; i < n; ++i) shuffled[i] = i;
      for (int i = n; i-- > 1;) std::swap(shuffled[i], shuffled[next() % (i + 1)]);
      for (const int i : shuffled) visit(i);
    }
  }

 private:
  std::uint64_t next() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    return random_ ^= random_ << 17;
  }
  Order order_ = Order::kForward;
  std::uint64_t random_ = 1;
};

class Machine {
 public:
  void run(const char* what, int blocks, int threads, std::size_t shared_bytes, void (*body)(void*),
           void* state) {
    what_ = what;
    body_ = body;
    argument_ = state;
    size_ = threads;
    blockDim = {static_cast<unsigned>(threads), 1, 1};
    gridDim = {static_cast<unsigned>(blocks), 1, 1};
    sequence_.start(schedule_);
    while (static_cast<int>(threads_.size()) < threads) threads_.push_back({});
    sequence_.each(blocks, [&](int block) { run_block(block, shared_bytes); });
  }

  std::uint64_t meet(const Meeting& meeting, std::uint64_t value, int source) {
    Thread& self = threads_[current_];
    self.meeting = meeting;
    self.value = value;
    self.source = source;
    follow_callers(self.path);
    self.state = Thread::State::kWaiting;
    if (meeting.kind != Meeting::Kind::kSyncThreads && !names(meeting.mask, current_ % kWarpSize))
      self.fault = "a mask does not name the lane that passes it";
    else if (meeting.kind == Meeting::Kind::kShuffle && !names(meeting.mask, source))
      self.fault = "a shuffle asks a lane that its mask does not name";
    self.fiber->pause();
    return self.result;
  }

  int current() const { return current_; }
  std::byte* shared() { return shared_.get(); }
  void set_schedule(const Schedule& schedule) { schedule_ = schedule; }

  /// What one launch shares with the next must be gone after a misuse: threads that never left.
  void forget() { threads_.clear(); }

 private:
  static bool names(std::uint32_t mask, int lane) {
    return lane >= 0 && lane < kWarpSize && (mask >> lane & 1);
  }
  int warps() const { return (size_ + kWarpSize - 1) / kWarpSize; }
  int lanes_in(int warp) const { return std::min(kWarpSize, size_ - warp * kWarpSize); }

  void run_block(int block, std::size_t shared_bytes) {
    blockIdx = {static_cast<unsigned>(block), 0, 0};
    fill_shared_memory(shared_bytes);
    release(&start_token_);
    for (int t = 0; t < size_; ++t) {
      Thread& thread = threads_[t];
      thread.state = Thread::State::kReady;
      if (!thread.fiber) thread.fiber = std::make_unique<Fiber>(&Machine::thread_body, this);
    }
    for (int left = 0; left < size_;) {
      left = 0;
      sequence_.each(warps(), [&](int warp) { left += run_warp(warp); });
      if (left < size_) meet_block(left);
    }
    acquire(&finish_token_);
    shared_.reset();
  }

  static void thread_body(void* machine) {
    auto& self = *static_cast<Machine*>(machine);
    acquire(&self.start_token_);
    self.body_(self.argument_);
    self.threads_[self.current_].state = Thread::State::kLeft;
    release(&self.finish_token_);
  }

  /// Fresh for each block, to the byte, so that AddressSanitizer knows its end.
  void fill_shared_memory(std::size_t shared_bytes) {
    shared_.reset();
    if (shared_bytes > 0) shared_.reset(new (std::align_val_t(16)) std::byte[shared_bytes]);
    for (std::size_t i = 0; i < shared_bytes; ++i)
      shared_[i] = static_cast<std::byte>(schedule_.poison >> 8 * (i % 4));
    if (!__start_kennel_shared) return;
    for (volatile std::uint32_t* p = __start_kennel_shared; p < __stop_kennel_shared; ++p)
      *p = schedule_.poison;
  }

  /// Runs a warp until all its lanes have left or wait for the block.
  /// \return how many have left
  int run_warp(int warp) {
    Thread* lanes = &threads_[warp * kWarpSize];
    const int n = lanes_in(warp);
    for (;;) {
      sequence_.each(n, [&](int lane) {
        if (lanes[lane].state == Thread::State::kReady) run_thread(warp * kWarpSize + lane);
      });
      int left = 0, at_block = 0;
      for (int lane = 0; lane < n; ++lane) {
        left += lanes[lane].state == Thread::State::kLeft;
        at_block += waits_for_block(lanes[lane]);
      }
      if (left + at_block == n) return left;
      if (!meet_lanes(warp)) report(warp, "lanes wait for each other for ever");
    }
  }

  static bool waits_for_block(const Thread& t) {
    return t.state == Thread::State::kWaiting && t.meeting.kind == Meeting::Kind::kSyncThreads;
  }

  void run_thread(int thread) {
    current_ = thread;
    threadIdx = {static_cast<unsigned>(thread), 0, 0};
    threads_[thread].fiber->resume();
    if (threads_[thread].fault)
      report(thread / kWarpSize, text("lane ", thread % kWarpSize, ": ", threads_[thread].fault));
  }

  /// Lets go on every group of which all lanes have come.
  bool meet_lanes(int warp) {
    Thread* lanes = &threads_[warp * kWarpSize];
    const int n = lanes_in(warp);
    bool met = false;
    for (int first = 0; first < n; ++first) {
      const Thread& one = lanes[first];
      if (one.state != Thread::State::kWaiting || waits_for_block(one)) continue;
      const std::uint32_t mask = one.meeting.mask;
      if (n < kWarpSize && mask >> n) report(warp, "a mask names lanes that the block has not");
      bool all = true;
      std::uint32_t votes = 0;
      for (int lane = 0; lane < n && all; ++lane) {
        if (!(mask >> lane & 1)) continue;
        all = one.meets(lanes[lane]);
        votes |= (lanes[lane].value != 0 ? 1u : 0u) << lane;
      }
      if (!all) continue;
      const bool shuffles = one.meeting.kind == Meeting::Kind::kShuffle;
      for (int lane = 0; lane < n; ++lane) {
        if (!(mask >> lane & 1)) continue;
        lanes[lane].state = Thread::State::kReady;
        lanes[lane].result = shuffles ? lanes[lanes[lane].source].value : votes;
      }
      if (one.meeting.kind == Meeting::Kind::kSyncWarp) order(lanes, mask);
      met = true;
    }
    return met;
  }

  /// Orders what the lanes of a mask wrote before a barrier with what they do after it. A shuffle
  /// or a ballot does not: CUDA promises nothing of memory there.
  static void order(Thread* lanes, std::uint32_t mask) {
    char* token = &lanes[std::countr_zero(mask)].order_token;
    const auto each = [&](void (*say)(void*)) {
      for (int lane = 0; lane < kWarpSize; ++lane)
        if (mask >> lane & 1) lanes[lane].fiber->say(say, token);
    };
    each(release);
    each(acquire);
  }

  /// Lets all threads go on from a __syncthreads that all of them have come to.
  void meet_block(int left) {
    if (left > 0) report(-1, "some threads left, others wait for the whole block");
    for (int t = 1; t < size_; ++t)
      if (!threads_[0].meets(threads_[t])) report(-1, "threads wait in different __syncthreads");
    for (int t = 0; t < size_; ++t) threads_[t].state = Thread::State::kReady;
    for (const auto say : {release, acquire})
      for (int t = 0; t < size_; ++t) threads_[t].fiber->say(say, &threads_[0].order_token);
  }

 public:
  /// \param warp  -1: the whole block
  [[noreturn]] void report(int warp, const std::string& fault) {
    std::ostringstream out;
    out << what_ << ", block " << blockIdx.x;
    if (warp >= 0) out << ", warp " << warp;
    out << ": " << fault;
    const int first = warp < 0 ? 0 : warp * kWarpSize, n = warp < 0 ? size_ : lanes_in(warp);
    for (int i = 0; i < n;) {
      int end = i + 1;
      const Thread& t = threads_[first + i];
      while (end < n && alike(t, threads_[first + end])) ++end;
      out << (warp < 0 ? "\n  threads " : "\n  lanes ") << i;
      if (end > i + 1) out << '-' << end - 1;
      out << ": " << describe(t);
      i = end;
    }
    throw Misuse(out.str());
  }

 private:
  static bool alike(const Thread& a, const Thread& b) {
    return a.state == b.state && (a.state != Thread::State::kWaiting || a.meets(b));
  }

  static std::string describe(const Thread& t) {
    if (t.state == Thread::State::kLeft) return "left the kernel";
    if (t.state == Thread::State::kReady) return "may go on";
    std::ostringstream out;
    out << "at " << t.meeting.name << " with mask " << std::hex << std::setfill('0') << std::setw(8)
        << t.meeting.mask << ", " << t.meeting.at.file_name() << ':' << std::dec
        << t.meeting.at.line() << ", called from" << std::hex;
    for (const std::uintptr_t at : t.path.caller) {
      Dl_info module{};
      if (!dladdr(reinterpret_cast<const void*>(at), &module)) module.dli_fbase = nullptr;
      out << " +0x" << at - reinterpret_cast<std::uintptr_t>(module.dli_fbase);
    }
    return out.str();
  }

  struct FreeShared {
    void operator()(std::byte* memory) const { ::operator delete[](memory, std::align_val_t(16)); }
  };

  Schedule schedule_;
  Sequence sequence_;
  std::vector<Thread> threads_;
  std::unique_ptr<std::byte[], FreeShared> shared_;
  const char* what_ = "";
  void (*body_)(void*) = nullptr;
  void* argument_ = nullptr;
  int size_ = 0, current_ = 0;
  char start_token_ = 0, finish_token_ = 0;  // of a block
};

std::atomic<std::int64_t> launch_count{0};
std::mutex machine_mutex;  // one launch at a time in a process
Machine& machine() {
  static Machine one;
  return one;
}
std::map<const void*, std::size_t>& shared_limits() {
  static std::map<const void*, std::size_t> limits;
  return limits;
}

}  // namespace

void set_schedule(const Schedule& schedule) { machine().set_schedule(schedule); }

std::int64_t launches() { return launch_count; }

int lane() { return machine().current() % kWarpSize; }

void fence() {
  static char token;
  release(&token);
  acquire(&token);
}

std::byte* shared_memory() { return machine().shared(); }

std::uint64_t meet(const Meeting& meeting, std::uint64_t value, int source) {
  return machine().meet(meeting, value, source);
}

bool allow_shared_memory(const void* kernel, std::size_t bytes) {
  const std::lock_guard lock(machine_mutex);
  if (bytes > kMostShared) return false;
  shared_limits()[kernel] = bytes;
  return true;
}

namespace {
LaunchObserver the_observer = nullptr;
}  // namespace

void observe_launches(LaunchObserver observer) { the_observer = observer; }
LaunchObserver launch_observer() { return the_observer; }

void run_grid(const char* what, const void* kernel, int blocks, int threads,
              std::size_t shared_bytes, void (*body)(void*), void* state) {
  const std::lock_guard lock(machine_mutex);
  ++launch_count;
  const auto limit = shared_limits().find(kernel);
  const std::size_t allowed = limit == shared_limits().end() ? kSharedWithoutAsking : limit->second;
  if (blocks < 1 || threads < 1 || threads > kMostThreads || shared_bytes > allowed)
    throw Misuse(text(what, ": ", blocks, " blocks of ", threads, " threads with ", shared_bytes,
                      " bytes of dynamic shared memory; at most ", kMostThreads, " threads and ",
                      allowed, " bytes are allowed"));
  try {
    machine().run(what, blocks, threads, shared_bytes, body, state);
  } catch (...) {
    machine().forget();
    throw;
  }
}

}  // namespace simt
