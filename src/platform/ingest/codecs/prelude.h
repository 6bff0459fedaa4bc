#pragma once

#include <string_view>

namespace bypuls::ingest::codecs {

/// Runs first in every realm and hands the engine its `run` function. `closed` is false in the open realm of a codec
/// that changes built-in objects.
///
/// Freezing alone would break honest code, since an inherited read-only property also stops assignment on the heir
/// (`this.name = …` in a class that extends Error). Properties of the prototypes where that happens become accessors
/// that let the heir have its own; everything reachable is then frozen.
constexpr std::string_view prelude = R"JS((function (closed) {
"use strict";
const { freeze, getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Object;
const ownKeys = Reflect.ownKeys;
const fixedSeed = 0x2545f491;
let seed = fixedSeed;

function random() {                                   // mulberry32: the same sequence in every decode
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
Math.random = random;

const quiet = {};
for (const name of ["log", "info", "warn", "error", "debug", "trace", "table", "dir", "assert"]) {
    quiet[name] = function () {};
}
defineProperty(globalThis, "console", { value: quiet, writable: true, configurable: true, enumerable: false });

function letHeirsAssign(proto) {
    for (const key of ownKeys(proto)) {
        const { value, configurable } = getOwnPropertyDescriptor(proto, key);
        if (value === undefined || !configurable) { continue; }
        defineProperty(proto, key, {
            get() { return value; },
            set(own) {
                if (this !== proto && (typeof this === "object" || typeof this === "function") && this !== null) {
                    defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
                }
            },
            enumerable: false, configurable: true,
        });
    }
}

function close() {
    const errors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, InternalError,
                    AggregateError];
    for (const error of errors) { letHeirsAssign(error.prototype); }
    letHeirsAssign(Object.prototype);
    letHeirsAssign(Function.prototype);

    const hidden = [
        [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ""[Symbol.iterator](),
        "".matchAll(/./g), function* () {}, async function () {}, async function* () {}, new Uint8Array(0),
        (function* () {})(), (async function* () {})(),
    ];
    const seen = new Set([globalThis]);
    const waiting = hidden.map(getPrototypeOf);
    for (const key of ownKeys(globalThis)) {
        const { value } = getOwnPropertyDescriptor(globalThis, key);
        waiting.push(value);
        defineProperty(globalThis, key, { writable: false, configurable: false });
    }
    while (waiting.length > 0) {
        const next = waiting.pop();
        if (next === null || (typeof next !== "object" && typeof next !== "function") || seen.has(next)) { continue; }
        seen.add(next);
        freeze(next);
        waiting.push(getPrototypeOf(next));
        for (const key of ownKeys(next)) {
            const { value, get, set } = getOwnPropertyDescriptor(next, key);
            waiting.push(value, get, set);
        }
    }
}
if (closed) { close(); }

const names = ["decodeUplink", "Decode", "Decoder"];

// [answer, name of the function, normalizeUplink or undefined], or undefined when there is no function to call.
return function run(factory, input) {
    seed = fixedSeed;
    /^/.test("");                                     // RegExp.$1 and its like
    const module = { exports: {} };
    const top = factory(module, module.exports);
    const exported = Object(module.exports);
    const find = (name) => top[name] !== undefined ? top[name]
        : typeof exported[name] === "function" ? exported[name] : undefined;
    const name = names.find(find);
    if (name === undefined) { return undefined; }
    const call = find(name);
    const answer = name === "decodeUplink" ? call(input)
        : name === "Decode" ? { data: call(input.fPort, input.bytes, input.variables) }
        : { data: call(input.bytes, input.fPort, input.variables) };
    return [answer, name, name === "decodeUplink" ? find("normalizeUplink") : undefined];
};
}))JS";

/// A codec's text is made a function around its top level, so that each decode starts from nothing. Both stand on the
/// text's own first and last line, so that line numbers are the author's.
constexpr std::string_view wrapper_head = "(function(module,exports){return(function(){";
constexpr std::string_view wrapper_tail =
    "\n;return{decodeUplink:typeof decodeUplink==='function'?decodeUplink:undefined,"
    "normalizeUplink:typeof normalizeUplink==='function'?normalizeUplink:undefined,"
    "Decode:typeof Decode==='function'?Decode:undefined,Decoder:typeof Decoder==='function'?Decoder:undefined};})();})";

}  // namespace bypuls::ingest::codecs
