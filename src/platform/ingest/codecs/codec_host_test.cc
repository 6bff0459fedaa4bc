#include "platform/ingest/codecs/codec_host.h"

#include <csignal>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>

#include "platform/ingest/codecs/codec_host_fixture.h"

namespace bypuls::ingest::codecs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

// --- the contract of decodeUplink --------------------------------------------------------------------------------

TEST_F(CodecHostTest, hands_the_codec_bytes_port_time_and_variables) {
    auto frame = uplink({0, 127, 255});
    frame.variables = {{"offset", "1.5"}, {"navn", "Landfalltjern ø"}};
    const auto decoded = decode(
        "function decodeUplink(i) { return { data: { bytes: i.bytes, list: Array.isArray(i.bytes), port: i.fPort, "
        "time: i.recvTime, isDate: i.recvTime instanceof Date, variables: i.variables } }; }",
        "test", frame);
    EXPECT_EQ(decoded.data,
              R"({"bytes":[0,127,255],"list":true,"port":7,"time":"2026-09-21T14:13:20.123Z","isDate":true,)"
              R"("variables":{"navn":"Landfalltjern ø","offset":"1.5"}})");
}

TEST_F(CodecHostTest, gives_warnings_and_errors_as_the_codec_wrote_them) {
    const auto decoded =
        decode("function decodeUplink() { return { data: {}, warnings: ['low battery'], errors: ['bad', {a: 1}] }; }");
    EXPECT_THAT(decoded.warnings, ElementsAre("low battery"));
    EXPECT_THAT(decoded.errors, ElementsAre("bad", R"({"a":1})"));
    EXPECT_FALSE(decoded.ok());
    EXPECT_FALSE(decoded.fault);
}

TEST_F(CodecHostTest, normalizes_one_object_or_a_list_to_a_list) {
    const std::string decode_part = "function decodeUplink(i) { return { data: { t: 21.5 } }; }";
    EXPECT_EQ(
        decode(decode_part + "function normalizeUplink(i) { return { data: { air: { temperature: i.data.t } } }; }")
            .normalized,
        R"([{"air":{"temperature":21.5}}])");
    EXPECT_EQ(decode(decode_part + "function normalizeUplink(i) { return { data: [{ a: 1 }, { a: 2 }] }; }").normalized,
              R"([{"a":1},{"a":2}])");
    EXPECT_EQ(decode(decode_part).normalized, std::nullopt);
}

TEST_F(CodecHostTest, a_normalizer_cannot_change_what_was_decoded) {
    const auto decoded = decode(
        "function decodeUplink(i) { return { data: { t: 1 } }; }"
        "function normalizeUplink(i) { i.data.t = 2; return { data: { t: i.data.t } }; }");
    EXPECT_EQ(decoded.data, R"({"t":1})");
    EXPECT_EQ(decoded.normalized, R"([{"t":2}])");
}

TEST_F(CodecHostTest, runs_the_legacy_functions) {
    EXPECT_EQ(decode("function Decoder(bytes, port) { return { n: bytes.length, port: port }; }").data,
              R"({"n":3,"port":7})");
    auto frame = uplink();
    frame.variables = {{"k", "v"}};
    EXPECT_EQ(decode("function Decode(fPort, bytes, variables) { return { n: bytes[2], p: fPort, k: variables.k }; }",
                     "test", frame)
                  .data,
              R"({"n":3,"p":7,"k":"v"})");
}

TEST_F(CodecHostTest, prefers_decode_uplink_when_a_script_carries_all_three) {
    EXPECT_EQ(
        decode("function Decode(p, b) { return { by: 'Decode' }; } function Decoder(b, p) { return { by: 'Decoder' }; }"
               "function decodeUplink(i) { return { data: { by: 'decodeUplink' } }; }")
            .data,
        R"({"by":"decodeUplink"})");
}

TEST_F(CodecHostTest, loads_scripts_with_export_guards_and_arrow_functions) {
    EXPECT_EQ(decode("const decodeUplink = (i) => ({ data: { a: 1 } });\n"
                     "if (typeof module !== 'undefined' && typeof exports !== 'undefined') { module.exports = { "
                     "decodeUplink }; } // end")
                  .data,
              R"({"a":1})");
    EXPECT_EQ(decode("exports.decodeUplink = function (i) { return { data: { b: 1 } }; };").data, R"({"b":1})");
    EXPECT_EQ(decode("module.exports = { Decoder: (bytes) => ({ c: bytes[0] }) };").data, R"({"c":1})");
    EXPECT_EQ(
        decode(
            "'use strict'; let exports = 1; const module = 2; function decodeUplink() { return { data: { d: 1 } }; }")
            .data,
        R"({"d":1})");
    EXPECT_EQ(decode("decodeUplink = function (i) { return { data: { e: 1 } }; }").data, R"({"e":1})");
}

TEST_F(CodecHostTest, runs_es2020) {
    EXPECT_EQ(
        data("class P { #v = 2n ** 40n; get v() { return Number(this.#v); } static *g() { yield* [1, 2]; } }"
             "const view = new DataView(Uint8Array.from(input.bytes).buffer);"
             "const { a, ...rest } = { a: 1, b: 2, c: 3 };"
             "return { data: { v: new P().v, g: [...P.g()], u: view.getUint16(1), rest, n: null ?? 5, o: undefined?.x "
             "=== undefined,"
             "m: [...new Map([['k', 1]])], t: `${a}!`, f: [[1], [2]].flat() } };"),
        R"({"v":1099511627776,"g":[1,2],"u":515,"rest":{"b":2,"c":3},"n":5,"o":true,"m":[["k",1]],"t":"1!","f":[1,2]})");
}

TEST_F(CodecHostTest, lets_scripts_log_and_prints_nothing) {
    EXPECT_EQ(data("console.log('hello', input); console.error('x'); return { data: { ok: true } };"),
              R"({"ok":true})");
}

// --- JSON --------------------------------------------------------------------------------------------------------

TEST_F(CodecHostTest, writes_numbers_so_that_they_read_back_the_same) {
    EXPECT_EQ(
        data("return { data: { a: 0.1 + 0.2, b: -0, c: 1e21, d: 5e-324, e: 25.0, f: 1.7976931348623157e308, g: "
             "4294967296 } };"),
        R"({"a":0.30000000000000004,"b":0,"c":1e+21,"d":5e-324,"e":25,"f":1.7976931348623157e+308,"g":4294967296})");
}

TEST_F(CodecHostTest, writes_nan_as_null_and_names_the_field) {
    const auto decoded = decode("function decodeUplink() { return { data: { t: NaN, deep: [1, { x: Infinity }] } }; }");
    EXPECT_EQ(decoded.data, R"({"t":null,"deep":[1,{"x":null}]})");
    EXPECT_THAT(decoded.warnings, ElementsAre("data.t is NaN and was written as null",
                                              "data.deep[1].x is Infinity and was written as null"));
    EXPECT_TRUE(decoded.ok());
}

TEST_F(CodecHostTest, writes_values_as_json_stringify_does) {
    const std::string value =
        "({ z: 1, a: 2, 10: 'ten', 2: 'two', u: undefined, f: () => 1, s: Symbol('x'), list: [undefined, () => 1, , "
        "null],"
        "date: new Date(0), typed: new Uint8Array([1, 2]), boxed: [new Number(1.5), new String('s'), new "
        "Boolean(false)],"
        "own: { toJSON(key) { return key + '!'; } }, map: new Map([[1, 2]]), quote: '\"\\\\\\n\\u0000\\u2028é😀', e: "
        "{}, l: [] })";
    const auto ours = data("return { data: " + value + " };");
    const auto theirs = data("return { data: { text: JSON.stringify(" + value + ") } };");
    const auto unquoted = decode("function decodeUplink() { return { data: { same: JSON.stringify(JSON.parse(" +
                                 [&] {
                                     std::string quoted = "'";
                                     for (const char c : ours) {
                                         quoted += c == '\\' || c == '\'' ? std::string("\\") + c : std::string(1, c);
                                     }
                                     return quoted + "'";
                                 }() +
                                 ")) === JSON.stringify(" + value + ") } }; }");
    EXPECT_EQ(unquoted.data, R"({"same":true})") << ours << "\n" << theirs;
}

TEST_F(CodecHostTest, writes_lone_surrogates_as_replacement_characters) {
    EXPECT_EQ(data(R"(return { data: { s: 'a\ud800b' } };)"), "{\"s\":\"a\uFFFDb\"}");
}

// --- determinism and separation ----------------------------------------------------------------------------------

TEST_F(CodecHostTest, knows_no_time_but_the_receive_time_and_no_chance) {
    const auto twice = [] {
        return data(
            "return { data: { now: Date.now(), date: new Date().toISOString(), call: new Date(Date()).getTime(), "
            "zone: new Date().getTimezoneOffset(), dice: [Math.random(), Math.random()] } };");
    };
    const auto first = twice();
    EXPECT_THAT(first,
                HasSubstr(R"("now":1790000000123,"date":"2026-09-21T14:13:20.123Z","call":1790000000000,"zone":0)"));
    EXPECT_EQ(first, twice());
}

TEST_F(CodecHostTest, forgets_everything_between_two_decodes) {
    const std::string source =
        "var count = 0; let list = [];\n"
        "function decodeUplink(i) {\n"
        "  const before = [count, list.length, typeof leaked, typeof globalThis.planted, 'x'.evil, ({}).evil, typeof "
        "RegExp.$1 + RegExp.$1];\n"
        "  count++; list.push(1); leaked = 1;\n"
        "  Object.defineProperty(globalThis, 'planted', { value: 1, configurable: true }); globalThis[Symbol('s')] = "
        "1;\n"
        "  try { Object.prototype.evil = 1; } catch (e) {} try { String.prototype.evil = 1; } catch (e) {}\n"
        "  try { JSON.stringify = null; } catch (e) {} try { Math.max = null; } catch (e) {} try { Date = null; } "
        "catch (e) {}\n"
        "  /(a)/.exec('a');\n"
        "  return { data: { before } };\n"
        "}";
    const auto first = decode(source).data;
    EXPECT_EQ(first, R"({"before":[0,0,"undefined","undefined",null,null,"string"]})");
    EXPECT_EQ(decode(source).data, first);
    EXPECT_EQ(decode(source).data, first);
}

TEST_F(CodecHostTest, one_codec_cannot_touch_another) {
    decode(
        "Object.prototype.evil = 1; Array.prototype.map = null; JSON.parse = null; globalThis.secret = 5;"
        "Object.setPrototypeOf(globalThis, null); Object.freeze(globalThis);"
        "function decodeUplink() { return { data: {} }; }",
        "attacker");
    EXPECT_EQ(
        decode(
            "function decodeUplink(i) { return { data: { evil: ({}).evil === undefined, map: i.bytes.map(x => x * 2), "
            "secret: typeof secret, p: JSON.parse('1') } }; }",
            "victim")
            .data,
        R"({"evil":true,"map":[2,4,6],"secret":"undefined","p":1})");
}

TEST_F(CodecHostTest, lets_objects_override_what_the_frozen_prototypes_hold) {
    EXPECT_EQ(
        data(
            "'use strict'; class Bad extends Error { constructor(m) { super(m); this.name = 'Bad'; this.message = m + "
            "'!'; } }"
            "function Old() {} Old.prototype.toString = function () { return 'old'; }; Old.prototype.constructor = Old;"
            "const o = {}; o.valueOf = () => 3; o.hasOwnProperty = 1;"
            "return { data: { name: new Bad('x').name, m: new Bad('x').message, s: String(new Old()), v: +o, h: "
            "o.hasOwnProperty } };"),
        R"({"name":"Bad","m":"x!","s":"old","v":3,"h":1})");
}

TEST_F(CodecHostTest, a_codec_that_extends_built_ins_runs_and_still_keeps_no_state) {
    const std::string source =
        "String.prototype.twice = function () { return this + this; };\n"
        "Array.prototype.count = (Array.prototype.count || 0) + 1;\n"
        "function decodeUplink(i) { return { data: { t: 'ab'.twice(), count: [].count } }; }";
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(decode(source).data, R"({"t":"abab","count":1})");
    }
}

// --- faults ------------------------------------------------------------------------------------------------------

TEST_F(CodecHostTest, names_the_place_of_a_syntax_error) {
    const auto found = fault("function decodeUplink(i) {\n  return { data: { a: } };\n}");
    EXPECT_EQ(found.kind, Fault::Kind::syntax);
    EXPECT_EQ(found.line, 2U);
    EXPECT_EQ(found.column, 23U);
    EXPECT_THAT(found.sentence, HasSubstr("SyntaxError"));
    EXPECT_THAT(describe(found, "test"), testing::StartsWith("codec test, line 2, column 23: SyntaxError"));
}

TEST_F(CodecHostTest, refuses_a_text_that_closes_its_wrapper) {
    EXPECT_EQ(fault("}); throw 1; (function () {").kind, Fault::Kind::syntax);
}

TEST_F(CodecHostTest, names_the_place_of_an_exception) {
    const auto found =
        fault("function helper(b) {\n\n  return b.nothing.x;\n}\nfunction decodeUplink(i) { return helper(i); }");
    EXPECT_EQ(found.kind, Fault::Kind::runtime);
    EXPECT_EQ(found.line, 3U);
    EXPECT_THAT(found.sentence, HasSubstr("TypeError: b.nothing is undefined"));
    EXPECT_EQ(fault("function decodeUplink(i) { undefinedName(); }").column, 28U);
    EXPECT_EQ(fault("\nfunction decodeUplink(i) {\n i.bytes.map(null); }").line, 3U);
    EXPECT_EQ(fault("\n\nfunction decodeUplink(i) {\n throw 'plain text'; }").line, 4U);
    EXPECT_EQ(fault("\nthrow new Error('at the top'); function decodeUplink(i) {}").line, 2U);
}

TEST_F(CodecHostTest, says_what_is_wrong_with_an_answer) {
    EXPECT_EQ(fault("var x = 1;").kind, Fault::Kind::no_function);
    EXPECT_EQ(fault("").kind, Fault::Kind::no_function);
    EXPECT_EQ(fault("function decodeUplink() {}").sentence, "decodeUplink returned no object");
    EXPECT_EQ(fault("function Decoder() { return 5; }").sentence, "data is not an object");
    EXPECT_EQ(fault("function decodeUplink() { return { data: [1] }; }").sentence, "data is not an object");
    EXPECT_EQ(fault("async function decodeUplink() { return { data: {} }; }").sentence,
              "decodeUplink returned a promise; a codec answers at once");
    EXPECT_THAT(fault("function decodeUplink() { return { data: { big: 5n } }; }").sentence,
                HasSubstr("data.big is a BigInt"));
    EXPECT_THAT(fault("function decodeUplink() { const a = {}; a.a = a; return { data: a }; }").sentence,
                HasSubstr("nested deeper"));
}

// --- the host ----------------------------------------------------------------------------------------------------

TEST_F(CodecHostTest, a_text_changed_under_the_same_version_decodes_anew) {
    const Codec first{.id = "c", .version = "1", .source = "function decodeUplink() { return { data: { v: 1 } }; }"};
    const Codec second{.id = "c", .version = "1", .source = "function decodeUplink() { return { data: { v: 2 } }; }"};
    EXPECT_EQ(host->decode(first, uplink())->data, R"({"v":1})");
    EXPECT_EQ(host->decode(second, uplink())->data, R"({"v":2})");
    EXPECT_EQ(host->decode(first, uplink())->data, R"({"v":1})");
}

TEST_F(CodecHostTest, holds_more_codecs_than_a_worker_keeps) {
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 80; ++i) {
            EXPECT_EQ(decode(fmt::format("function decodeUplink() {{ return {{ data: {{ i: {} }} }}; }}", i),
                             fmt::format("c{}", i))
                          .data,
                      fmt::format(R"({{"i":{}}})", i));
        }
    }
}

TEST_F(CodecHostTest, answers_a_batch_in_order_with_faults_in_their_places) {
    const auto mixed = codec(
        "function decodeUplink(i) { if (i.bytes[0] === 3) throw new Error('three'); if (i.bytes[0] === 5) while (true) "
        "{}"
        "return { data: { b: i.bytes[0] } }; }");
    std::vector<Uplink> frames;
    for (int i = 0; i < 700; ++i) {
        frames.push_back(uplink({i % 256}));
    }
    const auto answers = host->decode_batch(mixed, frames);
    ASSERT_TRUE(answers) << answers.error();
    ASSERT_EQ(answers->size(), frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto& answer = (*answers)[i];
        const auto byte = i % 256;
        if (byte == 3 || byte == 5) {
            ASSERT_TRUE(answer.fault);
            EXPECT_EQ(answer.fault->kind, byte == 3 ? Fault::Kind::runtime : Fault::Kind::cpu);
        } else {
            EXPECT_EQ(answer.data, fmt::format(R"({{"b":{}}})", byte));
        }
    }
    EXPECT_THAT(*host->decode_batch(mixed, {}), IsEmpty());
}

TEST_F(CodecHostTest, a_worker_killed_from_outside_is_replaced_and_the_frame_decoded) {
    decode(well_behaved);
    const auto before = host->worker_ids();
    ASSERT_EQ(before.size(), 1U);
    ::kill(before[0], SIGKILL);
    EXPECT_EQ(decode(well_behaved).data, R"({"sum":6})");
    EXPECT_NE(host->worker_ids(), before);
}

TEST_F(CodecHostTest, a_worker_killed_in_the_middle_of_a_batch_loses_no_frame) {
    std::vector<Uplink> frames(2000, uplink());
    std::jthread killer([](const std::stop_token& stop) {
        for (int i = 0; i < 5 && !stop.stop_requested(); ++i) {
            for (const int id : host->worker_ids()) {
                ::kill(id, SIGKILL);
            }
            std::this_thread::yield();
        }
    });
    const auto answers = host->decode_batch(codec(well_behaved), frames);
    killer.join();
    ASSERT_TRUE(answers) << answers.error();
    ASSERT_EQ(answers->size(), frames.size());
    // A frame may meet the killer twice; then it says so.
    EXPECT_TRUE(std::ranges::all_of(*answers, [](const Decoded& d) {
        return d.data == R"({"sum":6})" || (d.fault && d.fault->kind == Fault::Kind::crashed);
    }));
}

TEST_F(CodecHostTest, serves_many_threads) {
    auto o = options();
    o.workers = 2;
    const auto many = CodecHost::start(o);
    ASSERT_TRUE(many) << many.error();
    std::atomic<int> right{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 6; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < 50; ++i) {
                    const auto decoded = (*many)->decode(codec(well_behaved), uplink({t, i}));
                    right += decoded && decoded->data == fmt::format(R"({{"sum":{}}})", t + i) ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(right, 300);
    EXPECT_EQ((*many)->counts().decoded, 300U);
}

TEST(CodecHost, turns_callers_away_when_too_many_wait) {
    auto o = options();
    o.waiting_max = 0;
    o.cpu_limit = 3000ms;
    const auto host = CodecHost::start(o);
    ASSERT_TRUE(host);
    std::atomic<bool> busy{false};
    std::jthread holder([&] {
        busy = true;
        while (!(*host)->decode(codec("function decodeUplink() { while (true) {} }"), uplink())) {
        }
    });
    while (!busy) {
        std::this_thread::yield();
    }
    // The holder may not have its worker yet; whoever comes while it has is turned away.
    for (;;) {
        const auto refused = (*host)->decode(codec(well_behaved), uplink());
        if (!refused) {
            EXPECT_EQ(refused.error().code, Errc::exhausted);
            break;
        }
    }
}

TEST(CodecHost, kills_a_worker_that_is_silent_beyond_the_wall_limit) {
    auto o = options();
    o.cpu_limit = 600'000ms;
    o.wall_limit = 200ms;
    const auto host = CodecHost::start(o);
    ASSERT_TRUE(host);
    const auto decoded = (*host)->decode(codec("function decodeUplink() { while (true) {} }"), uplink());
    ASSERT_TRUE(decoded && decoded->fault);
    EXPECT_EQ(decoded->fault->kind, Fault::Kind::cpu);
    EXPECT_THAT(decoded->fault->sentence, HasSubstr("200 ms"));
    // On a machine that is busy the next one may be silent for as long, before it has got to it.
    auto next = (*host)->decode(codec(well_behaved), uplink());
    while (next && next->fault && next->fault->kind == Fault::Kind::cpu) {
        next = (*host)->decode(codec(well_behaved), uplink());
    }
    EXPECT_EQ(next->data, R"({"sum":6})");
    EXPECT_GE((*host)->counts().restarts, 1U);
}

TEST(CodecHost, says_when_the_program_is_no_worker) {
    auto o = options();
    o.program = "/no/such/program";
    const auto missing = CodecHost::start(o);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::unavailable);
    o.program = "/bin/true";
    EXPECT_FALSE(CodecHost::start(o));
}

/// The exit status of the worker program behind its walls, trying `what`.
int probe(const char* what) {
    const char* const argv[] = {CODEC_WORKER, "probe", what, nullptr};
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, CODEC_WORKER, nullptr, nullptr, const_cast<char* const*>(argv), nullptr), 0);
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return status;
}

TEST(Sandbox, ends_the_process_at_the_first_forbidden_call) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || BYPULS_SANITIZED
    GTEST_SKIP() << "the sanitizers' run-time needs the calls that the filter refuses";
#endif
    const int unharmed = probe("nothing");
    EXPECT_TRUE(WIFEXITED(unharmed) && WEXITSTATUS(unharmed) == 0);
    for (const char* what : {"open", "socket", "fork", "exec", "kill", "stderr", "executable memory"}) {
        const int status = probe(what);
        EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << what << " ended with " << status;
    }
    EXPECT_EQ(WEXITSTATUS(probe("memory")), 7);
}

}  // namespace
}  // namespace bypuls::ingest::codecs
