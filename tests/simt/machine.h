// Runs a kernel's threads on the host as a GPU does: warps of 32 lanes that wait for each other,
// blocks that share memory.
//
// A thread is a fiber (fiber.h); all run in the calling thread, one after the other, until they
// wait or leave. Lanes meet only where the kernel says so, in an order that can be chosen: a kernel
// that lacks a __syncwarp gives other numbers in another order. What would hang or be undefined on
// a GPU ends the launch with `Misuse`, which says who waits where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <source_location>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace simt {

inline constexpr int kWarpSize = 32;
inline constexpr std::size_t kMostShared = 227 << 10;  // bytes a block, of an H100

/// A kernel did what a GPU does not define; the message names kernel, block, warp and lanes.
class Misuse : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Order { kForward, kBackward, kShuffled };

/// How launches run. Nothing that a right kernel computes depends on it.
struct Schedule {
  Order order = Order::kForward;       // of blocks, of warps, and of lanes between two meetings
  std::uint64_t seed = 1;              // of kShuffled
  std::uint32_t poison = 0xffffffffu;  // what shared memory holds when a block starts: NaN
};

/// The schedule of this process's launches from now on.
void set_schedule(const Schedule& schedule);

/// A call that lanes meet in.
struct Meeting {
  enum class Kind : std::uint8_t { kShuffle, kBallot, kSyncWarp, kSyncThreads } kind;
  const char* name;  // the kernel's word for it
  std::uint32_t mask;
  std::source_location at;
};

/// Waits for the lanes of the mask. Lanes meet when all of them make the same call, by name, mask
/// and the chain of return addresses that leads to it.
/// \param value   what this lane brings: a shuffle's number, a ballot's vote
/// \param source  a shuffle's: the lane whose value is wanted
/// \return a shuffle's number or a ballot's votes
std::uint64_t meet(const Meeting& meeting, std::uint64_t value, int source);

/// The calling thread's lane.
int lane();

/// Orders what a thread wrote before with what another does after its own call.
void fence();

/// The block's dynamic shared memory, as long as the launch asked for.
std::byte* shared_memory();

/// Lets a kernel have more dynamic shared memory than 48 KiB.
/// \return whether a block can have so much
bool allow_shared_memory(const void* kernel, std::size_t bytes);

/// Calls body(state) in every thread of every block.
/// \param what    the kernel's name in messages
/// \param kernel  its address
/// \throws Misuse
void run_grid(const char* what, const void* kernel, int blocks, int threads,
              std::size_t shared_bytes, void (*body)(void*), void* state);

/// Kernels that this process has launched so far.
std::int64_t launches();

/// A launch as a device's queue would hold it.
struct LaunchRecord {
  const char* what;
  int blocks, threads;
  std::size_t shared_bytes;
  std::vector<std::byte> arguments;  // one after the other, each from a multiple of 8; no padding
  std::function<void()> again;       // launches it once more, unobserved
};

/// Called before every launch of this process from now on; null: nobody is.
using LaunchObserver = void (*)(const LaunchRecord& launch);
void observe_launches(LaunchObserver observer);
LaunchObserver launch_observer();

/// Appends an argument's bytes, zeros where it has padding. Those of a copy: GCC 12 now and then
/// takes other bytes of a large type for its padding (of more than 256, with arrays in it).
template <class T>
void append_argument(T argument, std::vector<std::byte>& to) {
  static_assert(std::is_trivially_copyable_v<T>);
  __builtin_clear_padding(&argument);
  const std::size_t at = (to.size() + 7) / 8 * 8;
  to.resize(at + sizeof argument);
  std::memcpy(to.data() + at, &argument, sizeof argument);
}

/// Launches a kernel and waits for it.
template <class... Params, class... Args>
void run(const char* what, void (*kernel)(Params...), int blocks, int threads,
         std::size_t shared_bytes, Args&&... args) {
  struct Launch {
    void (*kernel)(Params...);
    std::tuple<std::remove_cvref_t<Params>...> params;
  } launch{kernel, {std::forward<Args>(args)...}};
  const auto start = [what, blocks, threads, shared_bytes](Launch& l) {
    run_grid(
        what, reinterpret_cast<const void*>(l.kernel), blocks, threads, shared_bytes,
        [](void* state) {
          const auto& l = *static_cast<const Launch*>(state);
          std::apply(l.kernel, l.params);
        },
        &l);
  };
  if (const LaunchObserver observe = launch_observer()) {
    LaunchRecord record{what, blocks, threads, shared_bytes, {}, {}};
    std::apply([&](const auto&... argument) { (append_argument(argument, record.arguments), ...); },
               launch.params);
    record.again = [start, launch]() mutable { start(launch); };
    observe(record);
  }
  start(launch);
}

}  // namespace simt
