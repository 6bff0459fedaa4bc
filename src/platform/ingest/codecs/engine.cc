#include "platform/ingest/codecs/engine.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <new>

#include <fmt/format.h>
#include <js/Array.h>
#include <js/CompilationAndEvaluation.h>
#include <js/Date.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/Initialization.h>
#include <js/Interrupt.h>
#include <js/MemoryCallbacks.h>
#include <js/Object.h>
#include <js/Principals.h>
#include <js/Promise.h>
#include <js/RealmOptions.h>
#include <js/SavedFrameAPI.h>
#include <js/SourceText.h>
#include <jsapi.h>
#include <jsfriendapi.h>

#include "core/text.h"
#include "platform/ingest/codecs/cpu_watch.h"
#include "platform/ingest/codecs/prelude.h"
#include "platform/ingest/codecs/script_json.h"

namespace bypuls::ingest::codecs {
namespace {

constexpr const char* codec_file = "codec";
constexpr std::size_t stack_bytes_max = 512U << 10U;
constexpr int checked_faults_max = 3;

const JSClass global_class = {"global", JSCLASS_GLOBAL_FLAGS, &JS::DefaultGlobalClassOps, nullptr, nullptr, nullptr};

/// What `new Date()` and Date.now() answer. The engine asks through a plain function, so it is the one global here.
double received_us = 0;

/// Promises may be made, but nothing runs after the answer: their reactions are dropped.
class NoJobs final : public JS::JobQueue {
public:
    JSObject* getIncumbentGlobal(JSContext* cx) override { return JS::CurrentGlobalOrNull(cx); }
    bool enqueuePromiseJob(JSContext*, JS::HandleObject, JS::HandleObject, JS::HandleObject,
                           JS::HandleObject) override {
        return true;
    }
    void runJobs(JSContext*) override {}
    bool empty() const override { return true; }

private:
    js::UniquePtr<SavedJobQueue> saveJobQueue(JSContext*) override { return js::MakeUnique<SavedJobQueue>(); }
};

bool no_eval(JSContext*, JS::RuntimeCode, JS::HandleString) {
    return false;
}
const JSSecurityCallbacks security = {no_eval, nullptr};

}  // namespace

class Engine::Inside {
public:
    explicit Inside(const Setup& setup) : setup_(setup) {}

    Result<void> start();
    void load(std::uint32_t slot, std::string_view source);
    void drop(std::uint32_t slot) { slots_.erase(slot); }
    Decoded decode(std::uint32_t slot, const Uplink& uplink);
    bool tired() const { return out_of_memory_; }
    ~Inside();

private:
    enum class Kind { closed, open };

    /// One codec compiled in a global of its own.
    struct Realm {
        explicit Realm(JSContext* cx) : global(cx), run(cx), factory(cx), keys(cx) {}
        JS::PersistentRootedObject global;
        JS::PersistentRootedValue run;
        JS::PersistentRootedValue factory;
        JS::PersistentRootedIdVector keys;  ///< what a new global holds
    };
    struct Slot {
        std::string source;
        std::optional<Fault> fault;    ///< from compiling
        std::unique_ptr<Realm> realm;  ///< none until used, and after a fault that may have left it half-done
        bool needs_open = false;
        int checked_faults = 0;
    };

    bool evaluate(const char* file, std::string_view text, JS::MutableHandleValue value);
    std::unique_ptr<Realm> make_realm(Kind kind, const std::string& source, std::optional<Fault>& fault);
    std::optional<Fault> check_syntax(const std::string& source);
    Decoded run_in(Realm& realm, const Uplink& uplink);
    bool call(Realm& realm, const Uplink& uplink, Decoded& decoded);
    bool make_input(const Uplink& uplink, JS::MutableHandleValue input);
    bool read_answer(JS::HandleObject answer, JS::HandleValue normalize, Decoded& decoded);
    bool read_normalized(JS::HandleValue data, JS::HandleValue normalize, Decoded& decoded);
    bool read_notes(JS::HandleObject answer, const char* name, std::vector<std::string>& notes);
    bool write_json(JS::HandleValue value, const char* name, std::vector<std::string>& notes, std::string& out);
    bool is_fit(Realm& realm);
    Fault fault_now(Fault::Kind usual);
    void find_place(JS::HandleObject stack, Fault& fault);
    bool refuse(Fault::Kind kind, std::string sentence) {
        pending_ = Fault{.kind = kind, .line = 0, .column = 0, .sentence = std::move(sentence)};
        return false;
    }

    Setup setup_;
    JSContext* cx_ = nullptr;
    NoJobs no_jobs_;
    /// One zone for all realms: the collector counts garbage by zone, and many small ones would each stay below its
    /// thresholds while together they fill the memory.
    JS::PersistentRootedObject anchor_;
    std::unique_ptr<CpuWatch> watch_;
    std::map<std::uint32_t, Slot> slots_;
    std::optional<Fault> pending_;  ///< a fault of ours, rather than an exception of the engine
    unsigned stopped_line_ = 0;
    unsigned stopped_column_ = 0;
    bool out_of_memory_ = false;
};

Result<void> Engine::Inside::start() {
    JS::DisableJitBackend();
    if (!JS_Init()) {
        return fail(Errc::unavailable, "codecs: the JavaScript engine does not start");
    }
    cx_ = JS_NewContext(static_cast<std::uint32_t>(setup_.memory_bytes_max + realms_bytes_max));
    if (cx_ == nullptr || !JS::InitSelfHostedCode(cx_)) {
        return fail(Errc::unavailable, "codecs: the JavaScript engine has no memory to start in");
    }
    const auto megabytes = static_cast<std::uint32_t>(setup_.memory_bytes_max >> 20U);
    JS_SetGCParameter(cx_, JSGC_MAX_NURSERY_BYTES, 4U << 20U);
    // Collect before garbage outside the engine's own heap (list elements, buffers) meets the process limit.
    JS_SetGCParameter(cx_, JSGC_MALLOC_THRESHOLD_BASE, std::max(1U, megabytes / 4));
    JS_SetGCParameter(cx_, JSGC_ALLOCATION_THRESHOLD, std::max(1U, megabytes / 4));
    JS_SetGCParameter(cx_, JSGC_INCREMENTAL_GC_ENABLED, 0);
    JS_SetNativeStackQuota(cx_, stack_bytes_max);
    JS_SetSecurityCallbacks(cx_, &security);
    JS::SetJobQueue(cx_, &no_jobs_);
    JS::SetReduceMicrosecondTimePrecisionCallback([](double, JSContext*) { return received_us; });
    JS_SetContextPrivate(cx_, this);
    JS::SetOutOfMemoryCallback(
        cx_, [](JSContext*, void* self) { static_cast<Inside*>(self)->out_of_memory_ = true; }, this);
    JS_AddInterruptCallback(cx_, [](JSContext* cx) {
        auto& self = *static_cast<Inside*>(JS_GetContextPrivate(cx));
        if (!self.watch_->over()) {
            return true;
        }
        JS::AutoFilename file;
        if (JS::DescribeScriptedCaller(cx, &file, &self.stopped_line_, &self.stopped_column_) &&
            std::string_view(file.get()) != codec_file) {
            self.stopped_line_ = 0;
        }
        return false;
    });
    anchor_.init(cx_, JS_NewGlobalObject(cx_, &global_class, nullptr, JS::FireOnNewGlobalHook, JS::RealmOptions()));
    if (!anchor_) {
        return fail(Errc::unavailable, "codecs: the JavaScript engine has no memory to start in");
    }
    watch_ = std::make_unique<CpuWatch>(std::chrono::microseconds(setup_.cpu_limit_us),
                                        [cx = cx_] { JS_RequestInterruptCallback(cx); });
    return {};
}

Engine::Inside::~Inside() {
    watch_.reset();
    slots_.clear();
    anchor_.reset();
    if (cx_ != nullptr) {
        JS_DestroyContext(cx_);
        JS_ShutDown();
    }
}

bool Engine::Inside::evaluate(const char* file, std::string_view text, JS::MutableHandleValue value) {
    JS::CompileOptions options(cx_);
    options.setFileAndLine(file, 1);
    JS::SourceText<mozilla::Utf8Unit> source;
    return source.init(cx_, text.data(), text.size(), JS::SourceOwnership::Borrowed) &&
           JS::Evaluate(cx_, options, source, value);
}

std::unique_ptr<Engine::Inside::Realm> Engine::Inside::make_realm(Kind kind, const std::string& source,
                                                                  std::optional<Fault>& fault) {
    JS::RealmOptions options;
    options.creationOptions().setSharedMemoryAndAtomicsEnabled(false);
    options.behaviors().setClampAndJitterTime(true);  // asks our clock
    options.creationOptions().setNewCompartmentInExistingZone(anchor_);
    auto realm = std::make_unique<Realm>(cx_);
    realm->global = JS_NewGlobalObject(cx_, &global_class, nullptr, JS::FireOnNewGlobalHook, options);
    if (!realm->global) {
        fault = fault_now(Fault::Kind::memory);
        return nullptr;
    }
    const JSAutoRealm inside(cx_, realm->global);
    JS::RootedValue setup(cx_);
    JS::RootedValue run(cx_);
    JS::RootedValue factory(cx_);
    JS::RootedValue closed(cx_, JS::BooleanValue(kind == Kind::closed));
    bool made = JS::InitRealmStandardClasses(cx_) && evaluate("prelude", prelude, &setup) &&
                JS::Call(cx_, JS::UndefinedHandleValue, setup, JS::HandleValueArray(closed), &run);
    if (made && kind == Kind::closed) {
        bool fixed = false;
        made = JS_SetImmutablePrototype(cx_, realm->global, &fixed) &&
               js::GetPropertyKeys(cx_, realm->global, JSITER_OWNONLY | JSITER_HIDDEN | JSITER_SYMBOLS, &realm->keys);
    }
    made = made && evaluate(codec_file, fmt::format("{}{}{}", wrapper_head, source, wrapper_tail), &factory);
    if (!made) {
        fault = fault_now(Fault::Kind::syntax);
        return nullptr;
    }
    realm->run = run;
    realm->factory = factory;
    return realm;
}

/// The text must parse by itself: a text that only parses inside the wrapper could close it.
std::optional<Fault> Engine::Inside::check_syntax(const std::string& source) {
    JS::RealmOptions options;
    options.creationOptions().setNewCompartmentInExistingZone(anchor_);
    JS::RootedObject global(cx_, JS_NewGlobalObject(cx_, &global_class, nullptr, JS::FireOnNewGlobalHook, options));
    if (!global) {
        return fault_now(Fault::Kind::memory);
    }
    const JSAutoRealm inside(cx_, global);
    JS::CompileOptions compile(cx_);
    compile.setFileAndLine(codec_file, 1);
    JS::SourceText<mozilla::Utf8Unit> text;
    if (!text.init(cx_, source.data(), source.size(), JS::SourceOwnership::Borrowed) ||
        JS::Compile(cx_, compile, text) == nullptr) {
        return fault_now(Fault::Kind::syntax);
    }
    return std::nullopt;
}

/// Loading happens once, and its fault stays with the codec, so it gets more time than a frame.
constexpr int load_times = 10;

void Engine::Inside::load(std::uint32_t slot, std::string_view source) {
    Slot fresh;
    fresh.source = source;
    watch_->begin(load_times);
    fresh.fault = is_utf8(source) ? check_syntax(fresh.source)
                                  : Fault{.kind = Fault::Kind::syntax, .sentence = "the codec is not UTF-8 text"};
    if (!fresh.fault) {
        fresh.realm = make_realm(Kind::closed, fresh.source, fresh.fault);
    }
    watch_->end();
    slots_[slot] = std::move(fresh);
}

Decoded Engine::Inside::decode(std::uint32_t slot, const Uplink& uplink) {
    Decoded decoded;
    const auto found = slots_.find(slot);
    if (found == slots_.end()) {
        decoded.fault = Fault{.kind = Fault::Kind::crashed, .sentence = "the worker does not know this codec"};
        return decoded;
    }
    Slot& codec = found->second;
    received_us = static_cast<double>(uplink.received.time_since_epoch().count());
    if (!codec.fault && !codec.realm && !codec.needs_open) {
        codec.realm = make_realm(Kind::closed, codec.source, codec.fault);
    }
    if (codec.fault) {
        decoded.fault = codec.fault;
        return decoded;
    }
    const auto in_open_realm = [&] {
        std::optional<Fault> fault;
        const auto realm = make_realm(Kind::open, codec.source, fault);
        return realm ? run_in(*realm, uplink)
                     : Decoded{.data = {}, .normalized = {}, .warnings = {}, .errors = {}, .fault = fault};
    };
    if (codec.needs_open) {
        return in_open_realm();
    }
    decoded = run_in(*codec.realm, uplink);
    const auto faulty = [](const Decoded& d, Fault::Kind kind) { return d.fault && d.fault->kind == kind; };
    if (faulty(decoded, Fault::Kind::runtime) && codec.checked_faults < checked_faults_max) {
        ++codec.checked_faults;
        auto open = in_open_realm();
        if (!open.fault) {
            codec.needs_open = true;
            codec.realm.reset();
            return open;
        }
    }
    if (faulty(decoded, Fault::Kind::cpu) || faulty(decoded, Fault::Kind::memory) || !is_fit(*codec.realm)) {
        codec.realm.reset();
    }
    return decoded;
}

Decoded Engine::Inside::run_in(Realm& realm, const Uplink& uplink) {
    const JSAutoRealm inside(cx_, realm.global);
    pending_.reset();
    stopped_line_ = 0;
    Decoded decoded;
    watch_->begin();
    bool done = false;
    try {
        done = call(realm, uplink, decoded);
    } catch (const std::bad_alloc&) {  // our own strings met the process limit
        out_of_memory_ = true;
    }
    if (!done || out_of_memory_) {
        decoded = Decoded{};
        decoded.fault = fault_now(Fault::Kind::runtime);
    }
    watch_->end();
    JS_ClearPendingException(cx_);
    return decoded;
}

bool Engine::Inside::make_input(const Uplink& uplink, JS::MutableHandleValue input) {
    JS::RootedValueVector elements(cx_);
    if (!elements.reserve(uplink.bytes.size())) {
        return false;
    }
    for (const std::byte byte : uplink.bytes) {
        elements.infallibleAppend(JS::Int32Value(std::to_integer<int>(byte)));
    }
    JS::RootedObject object(cx_, JS_NewPlainObject(cx_));
    JS::RootedObject bytes(cx_, JS::NewArrayObject(cx_, elements));
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(uplink.received).time_since_epoch().count();
    JS::RootedObject time(cx_, JS::NewDateObject(cx_, JS::TimeClip(static_cast<double>(ms))));
    JS::RootedObject variables(cx_, JS_NewPlainObject(cx_));
    if (!object || !bytes || !time || !variables) {
        return false;
    }
    for (const auto& [name, value] : uplink.variables) {
        JS::RootedString text(cx_, JS_NewStringCopyUTF8N(cx_, JS::UTF8Chars(value.data(), value.size())));
        if (!text || !JS_DefineProperty(cx_, variables, name.c_str(), text, JSPROP_ENUMERATE)) {
            return false;
        }
    }
    input.setObject(*object);
    return JS_DefineProperty(cx_, object, "bytes", bytes, JSPROP_ENUMERATE) &&
           JS_DefineProperty(cx_, object, "fPort", std::int32_t{uplink.f_port}, JSPROP_ENUMERATE) &&
           JS_DefineProperty(cx_, object, "recvTime", time, JSPROP_ENUMERATE) &&
           JS_DefineProperty(cx_, object, "variables", variables, JSPROP_ENUMERATE);
}

bool Engine::Inside::call(Realm& realm, const Uplink& uplink, Decoded& decoded) {
    JS::RootedValueArray<2> arguments(cx_);
    arguments[0].set(realm.factory);
    JS::RootedValue ran(cx_);
    JS::RootedValue run(cx_, realm.run);
    if (!make_input(uplink, arguments[1]) || !JS::Call(cx_, JS::UndefinedHandleValue, run, arguments, &ran)) {
        return false;
    }
    if (!ran.isObject()) {
        return refuse(Fault::Kind::no_function, "the codec has none of decodeUplink, Decode and Decoder");
    }
    JS::RootedObject triple(cx_, &ran.toObject());
    JS::RootedValue answer(cx_);
    JS::RootedValue name(cx_);
    JS::RootedValue normalize(cx_);
    if (!JS_GetElement(cx_, triple, 0, &answer) || !JS_GetElement(cx_, triple, 1, &name) ||
        !JS_GetElement(cx_, triple, 2, &normalize)) {
        return false;
    }
    JS::RootedString name_text(cx_, name.toString());
    if (!answer.isObject()) {
        return refuse(Fault::Kind::runtime, text_of(cx_, name_text) + " returned no object");
    }
    JS::RootedObject object(cx_, &answer.toObject());
    if (JS::IsPromiseObject(object)) {
        return refuse(Fault::Kind::runtime, text_of(cx_, name_text) + " returned a promise; a codec answers at once");
    }
    return read_answer(object, normalize, decoded);
}

bool Engine::Inside::read_answer(JS::HandleObject answer, JS::HandleValue normalize, Decoded& decoded) {
    JS::RootedValue data(cx_);
    if (!read_notes(answer, "warnings", decoded.warnings) || !read_notes(answer, "errors", decoded.errors) ||
        !JS_GetProperty(cx_, answer, "data", &data)) {
        return false;
    }
    if (data.isNullOrUndefined()) {
        return true;
    }
    bool list = false;
    if (data.isObject()) {
        JS::RootedObject object(cx_, &data.toObject());
        if (!JS::IsArrayObject(cx_, object, &list)) {
            return false;
        }
    }
    if (!data.isObject() || list) {
        return refuse(Fault::Kind::runtime, "data is not an object");
    }
    return write_json(data, "data", decoded.warnings, decoded.data) &&
           (!normalize.isObject() || !decoded.errors.empty() || read_normalized(data, normalize, decoded));
}

bool Engine::Inside::read_normalized(JS::HandleValue data, JS::HandleValue normalize, Decoded& decoded) {
    JS::RootedObject input(cx_, JS_NewPlainObject(cx_));
    if (!input || !JS_DefineProperty(cx_, input, "data", data, JSPROP_ENUMERATE)) {
        return false;
    }
    JS::RootedValue argument(cx_, JS::ObjectValue(*input));
    JS::RootedValue answer(cx_);
    if (!JS::Call(cx_, JS::UndefinedHandleValue, normalize, JS::HandleValueArray(argument), &answer)) {
        return false;
    }
    if (!answer.isObject()) {
        return refuse(Fault::Kind::runtime, "normalizeUplink returned no object");
    }
    JS::RootedObject object(cx_, &answer.toObject());
    JS::RootedValue normalized(cx_);
    if (!read_notes(object, "warnings", decoded.warnings) || !read_notes(object, "errors", decoded.errors) ||
        !JS_GetProperty(cx_, object, "data", &normalized)) {
        return false;
    }
    if (!normalized.isObject()) {
        return true;
    }
    JS::RootedObject value(cx_, &normalized.toObject());
    bool list = false;
    std::string text;
    if (!JS::IsArrayObject(cx_, value, &list) || !write_json(normalized, "normalized", decoded.warnings, text)) {
        return false;
    }
    decoded.normalized = list ? std::move(text) : "[" + text + "]";
    return true;
}

/// A list of strings by the contract; codecs also give one string, or objects.
bool Engine::Inside::read_notes(JS::HandleObject answer, const char* name, std::vector<std::string>& notes) {
    JS::RootedValue value(cx_);
    if (!JS_GetProperty(cx_, answer, name, &value)) {
        return false;
    }
    const auto add = [&](JS::HandleValue note) {
        if (note.isNullOrUndefined() || notes.size() >= notes_max) {
            return true;
        }
        if (note.isString()) {
            JS::RootedString text(cx_, note.toString());
            if (JS_GetStringLength(text) > setup_.output_bytes_max) {
                return refuse(Fault::Kind::output, fmt::format("{} is larger than the output limit", name));
            }
            notes.push_back(shortened(text_of(cx_, text)));
            return true;
        }
        std::string text;
        std::vector<std::string> ignored;
        if (!write_json(note, name, ignored, text)) {
            return false;
        }
        notes.push_back(shortened(std::move(text)));
        return true;
    };
    if (!value.isObject()) {
        return add(value);
    }
    JS::RootedObject list(cx_, &value.toObject());
    bool is_list = false;
    std::uint32_t length = 0;
    if (!JS::IsArrayObject(cx_, list, &is_list) || (is_list && !JS::GetArrayLength(cx_, list, &length))) {
        return false;
    }
    if (!is_list) {
        return add(value);
    }
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(length, notes_max); ++i) {
        JS::RootedValue note(cx_);
        if (!JS_GetElement(cx_, list, i, &note) || !add(note)) {
            return false;
        }
    }
    return true;
}

bool Engine::Inside::write_json(JS::HandleValue value, const char* name, std::vector<std::string>& notes,
                                std::string& out) {
    auto outcome = codecs::write_json(cx_, value, name, setup_.output_bytes_max, notes);
    out = std::move(outcome.text);
    return outcome.written || (!outcome.too_much.empty() && refuse(Fault::Kind::output, std::move(outcome.too_much)));
}

/// Removes what the codec left on the global object. False when that cannot be done, so the realm is given up.
bool Engine::Inside::is_fit(Realm& realm) {
    const JSAutoRealm inside(cx_, realm.global);
    constexpr unsigned all = JSITER_OWNONLY | JSITER_HIDDEN | JSITER_SYMBOLS;
    JS::RootedIdVector keys(cx_);
    bool extensible = false;
    if (!js::GetPropertyKeys(cx_, realm.global, all, &keys) || !JS_IsExtensible(cx_, realm.global, &extensible) ||
        !extensible) {
        return false;
    }
    if (keys.length() == realm.keys.length()) {
        return true;
    }
    JS::RootedId key(cx_);
    for (const jsid id : keys) {
        key = id;
        JS::ObjectOpResult removed;
        if (std::find(realm.keys.begin(), realm.keys.end(), id) == realm.keys.end() &&
            (!JS_DeletePropertyById(cx_, realm.global, key, removed) || !removed)) {
            return false;
        }
    }
    return true;
}

Fault Engine::Inside::fault_now(Fault::Kind usual) {
    Fault fault{.kind = usual, .line = 0, .column = 0, .sentence = "stopped without a reason"};
    if (out_of_memory_) {
        fault = {Fault::Kind::memory, 0, 0,
                 fmt::format("used more than {} MiB of memory", setup_.memory_bytes_max >> 20U)};
    } else if (watch_->over()) {
        fault = {Fault::Kind::cpu, stopped_line_, stopped_line_ > 0 ? stopped_column_ + 1 : 0,
                 fmt::format("used more than {} ms of CPU time", setup_.cpu_limit_us / 1000)};
    } else if (pending_) {
        fault = *pending_;
    } else if (JS::ExceptionStack thrown(cx_);
               JS_IsExceptionPending(cx_) && JS::StealPendingExceptionStack(cx_, &thrown)) {
        JS::ErrorReportBuilder report(cx_);
        if (report.init(cx_, thrown, JS::ErrorReportBuilder::NoSideEffects)) {
            fault.sentence = shortened(report.toStringResult().c_str());
            if (report.report()->filename != nullptr && std::string_view(report.report()->filename) == codec_file) {
                fault.line = report.report()->lineno;
                // The parser counts columns from 0, what runs from 1.
                fault.column = report.report()->column + (usual == Fault::Kind::syntax ? 1 : 0);
            } else {
                JS::RootedObject stack(cx_, thrown.stack());
                find_place(stack, fault);
            }
        }
    }
    JS_ClearPendingException(cx_);
    if (fault.line == 1 && usual != Fault::Kind::syntax && fault.column > wrapper_head.size()) {
        fault.column -= static_cast<std::uint32_t>(wrapper_head.size());
    }
    return fault;
}

/// The innermost frame in the codec's own text.
void Engine::Inside::find_place(JS::HandleObject stack, Fault& fault) {
    JS::RootedObject frame(cx_, stack);
    while (frame) {
        JS::RootedString file(cx_);
        if (JS::GetSavedFrameSource(cx_, nullptr, frame, &file) == JS::SavedFrameResult::Ok &&
            text_of(cx_, file) == codec_file) {
            JS::GetSavedFrameLine(cx_, nullptr, frame, &fault.line);
            JS::GetSavedFrameColumn(cx_, nullptr, frame, &fault.column);
            return;
        }
        JS::RootedObject parent(cx_);
        if (JS::GetSavedFrameParent(cx_, nullptr, frame, &parent) != JS::SavedFrameResult::Ok) {
            return;
        }
        frame = parent;
    }
}

Engine::Engine(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::start(const Setup& setup) {
    auto inside = std::make_unique<Inside>(setup);
    TRY_DO(inside->start());
    return std::unique_ptr<Engine>(new Engine(std::move(inside)));
}

void Engine::load(std::uint32_t slot, std::string_view source) {
    inside_->load(slot, source);
}
void Engine::drop(std::uint32_t slot) {
    inside_->drop(slot);
}
Decoded Engine::decode(std::uint32_t slot, const Uplink& uplink) {
    return inside_->decode(slot, uplink);
}
bool Engine::tired() const {
    return inside_->tired();
}

}  // namespace bypuls::ingest::codecs
