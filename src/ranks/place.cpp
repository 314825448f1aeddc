#include "kennel/ranks/place.h"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "kennel/core/check.h"

namespace kennel {
namespace {

/// What a launcher tells its processes.
struct Family {
  const char* launcher;
  const char *rank, *size, *local_rank, *local_size;
};

// mpirun's before srun's: within a job of Slurm's both are set. Of Slurm's those of a step, which
// srun makes; a batch script itself has none.
constexpr Family kFamilies[] = {
    {"kennel", "KENNEL_RANK", "KENNEL_RANKS", "KENNEL_RANK", "KENNEL_RANKS"},
    {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"},
    {"Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "OMPI_COMM_WORLD_LOCAL_SIZE"},
    {"MPICH", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"},
    {"Slurm", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID", "SLURM_STEP_TASKS_PER_NODE"},
};

/// \param leading  take the number that the text begins with: Slurm writes "2(x3)"
std::optional<int> number_of(const Variables& variable, const char* name, bool leading = false) {
  const std::optional<std::string> value = variable(name);
  if (!value) return std::nullopt;
  int number = 0;
  const char* end = value->data() + value->size();
  const auto [rest, error] = std::from_chars(value->data(), end, number);
  KENNEL_CHECK(error == std::errc() && (leading || rest == end), name, " is \"", *value,
               "\"; expected a whole number, as the launcher sets it");
  return number;
}

RankPlace place_by(const Family& family, int rank, const Variables& variable) {
  const std::optional<int> size = number_of(variable, family.size);
  KENNEL_CHECK(size, family.rank, " is set and ", family.size,
               " is not; start all ranks by one launcher, or unset ", family.rank);
  KENNEL_CHECK(*size >= 1 && rank >= 0 && rank < *size, family.rank, " is ", rank, " and ",
               family.size, " is ", *size, "; expected a rank from 0 to the number of ranks - 1");
  RankPlace place{.rank = rank, .size = *size, .launcher = family.launcher};
  place.local_rank = number_of(variable, family.local_rank).value_or(0);
  place.local_size = number_of(variable, family.local_size, true).value_or(1);
  return place;
}

/// When a process was started, in clock ticks since the machine was.
std::string start_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 1)));
  std::string field;
  for (int k = 0; k < 20; ++k) fields >> field;  // the 22nd of all
  return field;
}

// The ranks of a machine have one parent, and no other process will ever have started when it did.
std::filesystem::path file_of_siblings() {
  const pid_t parent = ::getppid();
  return std::filesystem::temp_directory_path() /
         text("kennel-ranks-", ::getuid(), "-", parent, "-", start_of(parent));
}

/// Between 20000 and 45000, of its own for each job.
int port_of(const std::string& job, const std::string& step) {
  return 20000 + static_cast<int>(std::hash<std::string>()(job + "." + step) % 25000);
}

}  // namespace

std::optional<std::string> variable_of_process(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::string own_host() {
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string first_host(const std::string& nodes) {
  const std::size_t end = nodes.find_first_of(",[");
  std::string host = nodes.substr(0, end);
  if (end == std::string::npos || nodes[end] == ',') return host;
  return host + nodes.substr(end + 1, nodes.find_first_of(",-]", end) - end - 1);
}

RankPlace find_place(const Variables& variable) {
  RankPlace place;
  for (const Family& family : kFamilies) {
    const std::optional<int> rank = number_of(variable, family.rank);
    // Slurm's are set in a batch script too, which is no step.
    if (!rank || (std::string_view(family.launcher) == "Slurm" && !variable(family.size))) continue;
    place = place_by(family, *rank, variable);
    break;
  }
  if (place.size == 1) return place;
  if (const auto file = variable("KENNEL_MEETING_FILE")) {
    place.file = *file;
    return place;
  }
  const std::optional<std::string> host = variable("MASTER_ADDR");
  const std::optional<int> port = number_of(variable, "MASTER_PORT");
  KENNEL_CHECK(host.has_value() == port.has_value(), host ? "MASTER_ADDR" : "MASTER_PORT",
               " is set and ", host ? "MASTER_PORT" : "MASTER_ADDR",
               " is not; set both to where rank 0 runs and a free port there, or neither");
  if (host) {
    KENNEL_CHECK(*port >= 1 && *port <= 65535, "MASTER_PORT is ", *port,
                 "; expected a port from 1 to 65535");
    place.host = *host;
    place.port = *port;
    place.kept_by_launcher = variable("TORCHELASTIC_USE_AGENT_STORE") == "True";
    place.name = variable("TORCHELASTIC_RUN_ID").value_or("") + "." +
                 variable("TORCHELASTIC_RESTART_COUNT").value_or("");
  } else if (place.local_size == place.size) {
    place.file = file_of_siblings();
  } else if (const auto nodes = variable("SLURM_STEP_NODELIST")) {
    place.host = first_host(*nodes);
    place.port =
        port_of(variable("SLURM_JOB_ID").value_or(""), variable("SLURM_STEP_ID").value_or(""));
  } else {
    fail("rank ", place.rank, " of ", place.size,
         " does not know where to meet the others: ", place.launcher,
         " says that they run on several machines; set MASTER_ADDR and MASTER_PORT "
         "for all of them (mpirun -x MASTER_ADDR=HOST -x MASTER_PORT=29500), HOST being rank 0's");
  }
  return place;
}

}  // namespace kennel
