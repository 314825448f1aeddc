// Where this process stands among those that train one policy, as whoever started it says.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace kennel {

/// One of `size` processes.
struct RankPlace {
  int rank = 0;
  int size = 1;
  int local_rank = 0;     // among those on this machine
  int local_size = 1;     // of them; 1 where the launcher does not say
  std::string launcher;   // "kennel", "torchrun", "Open MPI", "MPICH", "Slurm"; empty: nobody
  std::string host = {};  // that keeps the meeting point; empty: a file does
  int port = 0;
  bool kept_by_launcher = false;  // the launcher keeps it (torchrun), not rank 0
  std::string name = {};          // of this start, where one point serves several
  std::filesystem::path file = {};
};

/// Reads an environment variable; nothing where it is not set.
using Variables = std::function<std::optional<std::string>(const char*)>;

/// The process's own.
std::optional<std::string> variable_of_process(const char* name);

/// Whose variables count, in this order: kennel's own, torchrun's, mpirun's, srun's. The meeting
/// point is MASTER_ADDR and MASTER_PORT where they are set; else, of processes that all run on this
/// machine, a file of a name that only they can have; else, of Slurm's, its first host.
/// \throws Error where variables are missing or do not fit each other, naming them
RankPlace find_place(const Variables& variable = variable_of_process);

/// This machine's name.
std::string own_host();

/// The first host of a Slurm list: "node[03-05,9],other" is node03.
std::string first_host(const std::string& slurm_nodes);

}  // namespace kennel
