// Standard input and output as other programs hand them over: closed, full, or with nobody at the
// other end.
#pragma once

namespace kennel {

/// To be called first. Descriptors 0, 1 and 2 that are closed are opened, so that no file of ours
/// gets one of these numbers; writing there fails as before. A write that fails becomes an error
/// where it happens, not a signal that ends the program: a dead pipe (SIGPIPE), a file beyond
/// `ulimit -f` (SIGXFSZ).
void prepare_standard_streams();

/// Whether everything written to standard output has arrived.
bool flush_results();

/// Whether nobody reads standard output any more (`kennel info | head -1`).
bool results_pipe_is_dead();

/// Ends the program as a dead pipe ends every other one.
void end_by_dead_pipe();

}  // namespace kennel
