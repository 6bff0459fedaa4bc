// What a codec may try, and what stops it. After each test the fixture lets a well-behaved codec decode in the same
// host.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "platform/ingest/codecs/codec_host_fixture.h"

namespace bypuls::ingest::codecs {
namespace {

using testing::HasSubstr;

TEST_F(CodecHostTest, stops_an_endless_loop_and_says_where) {
    const auto found = fault(
        "function decodeUplink() {\n  try { while (true) {} } catch (e) { return { data: {} }; } finally { while "
        "(true) {} }\n}");
    EXPECT_EQ(found.kind, Fault::Kind::cpu);
    EXPECT_EQ(found.line, 2U);
    EXPECT_THAT(found.sentence, HasSubstr("250 ms of CPU time"));
}

TEST_F(CodecHostTest, stops_endless_work_outside_the_codecs_own_loop) {
    const char* const sources[] = {
        "while (true) {} function decodeUplink() {}",
        "function decodeUplink() { return { get data() { while (true) {} } }; }",
        "function decodeUplink() { return { data: { x: { toJSON() { while (true) {} } } } }; }",
        "function decodeUplink() { return { data: {} }; } function normalizeUplink() { while (true) {} }",
        "function decodeUplink() { return { data: new Proxy({}, { ownKeys() { while (true) {} } }) }; }",
        "function decodeUplink() { throw { toString() { while (true) {} } }; }",
        "function decodeUplink() { new Array(1e5).fill(0).sort(() => { while (true) {} }); }",
    };
    for (const char* source : sources) {
        const auto kind = fault(source).kind;
        EXPECT_TRUE(kind == Fault::Kind::cpu ||
                    (kind == Fault::Kind::runtime && std::string(source).find("throw") != std::string::npos))
            << source << name_of(kind);
    }
}

TEST_F(CodecHostTest, stops_an_endless_regular_expression) {
    for (const char* pattern : {"/^(a+)+$/", "/^(a|a)*$/", "/(x+x+)+y/", "/^(([a-z])+.)+[A-Z]([a-z])+$/"}) {
        const auto found = fault(fmt::format(
            "function decodeUplink() {{ return {{ data: {{ m: {}.test('a'.repeat(60) + 'x'.repeat(60) + '!') }} }}; }}",
            pattern));
        EXPECT_EQ(found.kind, Fault::Kind::cpu) << pattern << found.sentence;
    }
}

TEST_F(CodecHostTest, stops_memory_bombs_of_every_kind) {
    const char* const bombs[] = {
        "const a = []; while (true) a.push(new Array(1000).fill({}));",
        "let s = 'x'; while (true) s = s + s + s.length;",
        "let s = 'xyz'; while (s.length < 5e8) s += s; return { data: { n: s.indexOf('q') } };",
        "const a = []; while (true) a.push(new Uint8Array(1 << 20).fill(1));",
        "const m = new Map(); for (let i = 0; ; i++) m.set(i, 'k' + i);",
        "return { data: { n: new Array(3e8).fill(0).length } };",
        "return { data: { s: 'x'.repeat(3e8).split('') } };",
        "try { const a = []; while (true) a.push(new Array(1e6).fill(1.5)); } catch (e) { return { data: {} }; }",
    };
    for (const char* bomb : bombs) {
        const auto kind = fault(fmt::format("function decodeUplink() {{ {} }}", bomb)).kind;
        EXPECT_TRUE(kind == Fault::Kind::memory || kind == Fault::Kind::cpu || kind == Fault::Kind::runtime)
            << bomb << name_of(kind);
    }
    const auto found = fault("function decodeUplink() { const a = []; while (true) a.push(new Uint8Array(1 << 20)); }");
    EXPECT_EQ(found.kind, Fault::Kind::memory);
}

TEST_F(CodecHostTest, refuses_an_answer_that_is_too_large) {
    EXPECT_EQ(fault("function decodeUplink() { return { data: { s: 'x'.repeat(10e6) } }; }").kind, Fault::Kind::output);
    EXPECT_EQ(fault("function decodeUplink() { return { data: { a: new Array(2e5).fill('0123456789') } }; }").kind,
              Fault::Kind::output);
    EXPECT_EQ(fault("function decodeUplink() { const a = []; a.length = 4294967295; return { data: { a } }; }").kind,
              Fault::Kind::output);
    EXPECT_EQ(
        fault("function decodeUplink() { const n = () => ({ toJSON: () => ({ n: n() }) }); return { data: n() }; }")
            .kind,
        Fault::Kind::output);
    EXPECT_EQ(fault("function decodeUplink() { return { data: {}, warnings: ['x'.repeat(10e6)] }; }").kind,
              Fault::Kind::output);
}

TEST_F(CodecHostTest, shortens_long_warnings_and_long_lists_of_them) {
    const auto decoded =
        decode("function decodeUplink() { return { data: {}, warnings: new Array(1000).fill('ø'.repeat(2000)) }; }");
    EXPECT_EQ(decoded.warnings.size(), 64U);
    EXPECT_LE(decoded.warnings[0].size(), 1010U);
}

TEST_F(CodecHostTest, survives_deep_recursion) {
    EXPECT_THAT(fault("function decodeUplink() { return decodeUplink(); }").sentence, HasSubstr("too much recursion"));
    EXPECT_THAT(fault("function decodeUplink() { return { data: JSON.parse('['.repeat(1e5)) }; }").kind,
                testing::AnyOf(Fault::Kind::runtime, Fault::Kind::cpu));
    EXPECT_EQ(fault("function decodeUplink() { return { data: " + std::string(200'000, '(') + "1" +
                    std::string(200'000, ')') + " }; }")
                  .kind,
              Fault::Kind::syntax);
}

TEST_F(CodecHostTest, passes_on_exceptions_thrown_while_the_answer_is_read) {
    EXPECT_THAT(fault("function decodeUplink() { return { get data() { throw new Error('gotcha'); } }; }").sentence,
                HasSubstr("gotcha"));
    EXPECT_THAT(
        fault("function decodeUplink() { return { data: { get x() { throw new Error('gotcha'); } } }; }").sentence,
        HasSubstr("gotcha"));
    EXPECT_THAT(fault("function decodeUplink() { return { data: {}, get warnings() { throw new Error('gotcha'); } }; }")
                    .sentence,
                HasSubstr("gotcha"));
}

TEST_F(CodecHostTest, gives_a_codec_nothing_of_the_host) {
    EXPECT_EQ(data("const names = ['require', 'process', 'fetch', 'XMLHttpRequest', 'Deno', 'os', 'load', 'read', "
                   "'print', 'quit', 'WebAssembly', "
                   "'SharedArrayBuffer', 'Atomics', 'Worker', 'setTimeout', 'Debugger', 'WeakRef', 'importScripts', "
                   "'evalcx', 'newGlobal', 'gc'];"
                   "return { data: { there: names.filter((n) => typeof globalThis[n] !== 'undefined') } };"),
              R"({"there":[]})");
    EXPECT_THAT(fault("function decodeUplink() { return { data: { x: eval('1') } }; }").sentence,
                HasSubstr("EvalError"));
    EXPECT_THAT(fault("function decodeUplink() { return { data: { x: new Function('return this')() } }; }").sentence,
                HasSubstr("EvalError"));
    EXPECT_THAT(
        fault("function decodeUplink() { return { data: { x: (function(){}).constructor('return 1')() } }; }").sentence,
        HasSubstr("EvalError"));
    EXPECT_EQ(data("import('fs'); Promise.resolve().then(() => { while (true) {} }); return { data: { ok: 1 } };"),
              R"({"ok":1})");
}

TEST_F(CodecHostTest, refuses_a_source_above_its_bound) {
    const auto refused = host->decode(codec(std::string((1U << 20U) + 1, ' ')), uplink());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::malformed);
    EXPECT_EQ(decode(std::string(1'000'000, ' ') + well_behaved).data, R"({"sum":6})");
    EXPECT_EQ(fault("function decodeUplink() { '\xff'; }").kind, Fault::Kind::syntax);
}

}  // namespace
}  // namespace bypuls::ingest::codecs
