#pragma once

#include <csignal>

namespace bypuls::apps {

/// Blocks the signals that end the program, in this thread and those it starts, so that sigwait() gets them, and lets
/// a closed connection be an error instead of an end. To be called before any thread is started.
sigset_t ending_signals();

}  // namespace bypuls::apps
