#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "platform/ingest/codecs/decoder.h"
#include "platform/ingest/codecs/protocol.h"

namespace bypuls::ingest::codecs {

/// SpiderMonkey, holding codecs in numbered slots. Lives in the worker process, on one thread, once per process: the
/// engine inside can be started only once. It is the first wall, not the only one; see sandbox.h for the second.
///
/// Every decode sees a fresh scope: the codec's top level runs again as a function, the built-in objects are frozen,
/// and what it left on the global object is removed. A codec that needs to change the built-in objects is found out
/// (it fails in the frozen realm and succeeds in an open one) and from then on gets a realm of its own each time.
class Engine {
public:
    /// Errc::unavailable when the engine does not start. Without the JIT, WebAssembly, shared memory, eval or modules.
    static Result<std::unique_ptr<Engine>> start(const Setup& setup);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// A source that does not compile is kept with its fault, which every decode of the slot then answers.
    void load(std::uint32_t slot, std::string_view source);
    void drop(std::uint32_t slot);
    Decoded decode(std::uint32_t slot, const Uplink& uplink);
    /// True after memory ran out: the heap is then of no further use.
    bool tired() const;

private:
    class Inside;
    explicit Engine(std::unique_ptr<Inside> inside);

    std::unique_ptr<Inside> inside_;
};

}  // namespace bypuls::ingest::codecs
