#include "platform/ingest/codecs/script_json.h"

#include <cmath>
#include <string_view>

#include <fmt/format.h>
#include <js/Array.h>
#include <js/Conversions.h>
#include <js/ErrorReport.h>
#include <js/Object.h>
#include <jsapi.h>

#include "core/text.h"

namespace bypuls::ingest::codecs {

std::string text_of(JSContext* cx, JS::HandleString text) {
    const JS::UniqueChars chars = JS_EncodeStringToUTF8(cx, text);
    return chars ? std::string(chars.get()) : std::string();
}

/// At most note_bytes_max bytes, cut between characters.
std::string shortened(std::string text) {
    if (text.size() > note_bytes_max) {
        auto end = note_bytes_max;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) {
            --end;
        }
        text.resize(end);
        text += "…";
    }
    return text;
}

namespace {

constexpr std::size_t depth_max = 100;

/// JSON.stringify with a bound on size and depth, and null with a note for numbers JSON cannot say.
class JsonWriter {
public:
    JsonWriter(JSContext* cx, std::size_t bytes_max, std::vector<std::string>& notes)
        : cx_(cx), bytes_max_(bytes_max), notes_(notes) {}

    JsonOutcome write(JS::HandleValue value, std::string_view name) {
        path_.assign(name);
        JS::RootedValue held(cx_, value);
        const bool written =
            prepare(&held, name) && write_prepared(held) && (out_.size() <= bytes_max_ || refuse(too_large()));
        return {.written = written, .text = std::move(out_), .too_much = std::move(too_much_)};
    }

private:
    /// toJSON and boxed primitives, as SerializeJSONProperty (ECMA-262 §25.5.2.2) does first.
    bool prepare(JS::MutableHandleValue value, std::string_view key) {
        if (!value.isObject()) {
            return true;
        }
        JS::RootedObject object(cx_, &value.toObject());
        JS::RootedValue method(cx_);
        if (!JS_GetProperty(cx_, object, "toJSON", &method)) {
            return false;
        }
        if (method.isObject() && JS::IsCallable(&method.toObject())) {
            JS::RootedString name(cx_, JS_NewStringCopyN(cx_, key.data(), key.size()));
            if (!name) {
                return false;
            }
            JS::RootedValue argument(cx_, JS::StringValue(name));
            JS::RootedValue receiver(cx_, value);
            if (!JS::Call(cx_, receiver, method, JS::HandleValueArray(argument), value)) {
                return false;
            }
        }
        return !value.isObject() || unbox(value);
    }

    bool unbox(JS::MutableHandleValue value) {
        JS::RootedObject object(cx_, &value.toObject());
        js::ESClass kind{};
        if (!JS::GetBuiltinClass(cx_, object, &kind)) {
            return false;
        }
        if (kind == js::ESClass::Number) {
            double number = 0;
            if (!JS::ToNumber(cx_, value, &number)) {
                return false;
            }
            value.setNumber(number);
        } else if (kind == js::ESClass::String) {
            JSString* text = JS::ToString(cx_, value);
            if (text == nullptr) {
                return false;
            }
            value.setString(text);
        } else if (kind == js::ESClass::Boolean) {
            return JS::ToPrimitive(cx_, object, JSTYPE_NUMBER, value);
        }
        return true;
    }

    bool write_prepared(JS::HandleValue value) {
        if (out_.size() > bytes_max_) {
            return refuse(too_large());
        }
        if (value.isInt32()) {
            fmt::format_to(std::back_inserter(out_), "{}", value.toInt32());
            return true;
        }
        if (value.isDouble()) {
            return write_double(value);
        }
        if (value.isString()) {
            JS::RootedString text(cx_, value.toString());
            return write_string(text);
        }
        if (value.isObject()) {
            JS::RootedObject object(cx_, &value.toObject());
            return write_object(object);
        }
        if (value.isBigInt()) {
            JS_ReportErrorUTF8(cx_, "%s is a BigInt, which JSON cannot say", path_.c_str());
            return false;
        }
        out_ += value.isBoolean() ? (value.toBoolean() ? "true" : "false") : "null";
        return true;
    }

    bool write_double(JS::HandleValue value) {
        if (!std::isfinite(value.toDouble())) {
            if (notes_.size() < notes_max) {
                notes_.push_back(shortened(fmt::format("{} is {} and was written as null", path_,
                                                       std::isnan(value.toDouble()) ? "NaN" : "Infinity")));
            }
            out_ += "null";
            return true;
        }
        JS::RootedString digits(cx_, JS::ToString(cx_, value));  // the shortest that reads back as the same double
        if (!digits) {
            return false;
        }
        out_ += text_of(cx_, digits);
        return true;
    }

    bool write_string(JS::HandleString text) {
        if (JS_GetStringLength(text) > bytes_max_) {
            return refuse(too_large());
        }
        const JS::UniqueChars chars = JS_EncodeStringToUTF8(cx_, text);
        if (!chars) {
            return false;
        }
        // The length in bytes is not given, and a string may hold U+0000.
        append_json_string(
            out_, std::string_view(chars.get(), JS::GetDeflatedUTF8StringLength(JS_EnsureLinearString(cx_, text))));
        return true;
    }

    bool write_object(JS::HandleObject object) {
        if (depth_ == depth_max) {
            return refuse(fmt::format("the answer is nested deeper than {} levels, or holds itself", depth_max));
        }
        bool list = false;
        if (!JS::IsArrayObject(cx_, object, &list)) {
            return false;
        }
        const auto path_size = path_.size();
        ++depth_;
        const bool written = list ? write_list(object) : write_members(object);
        --depth_;
        path_.resize(path_size);
        return written;
    }

    bool write_list(JS::HandleObject list) {
        std::uint32_t length = 0;
        if (!JS::GetArrayLength(cx_, list, &length)) {
            return false;
        }
        const auto path_size = path_.size();
        out_ += '[';
        JS::RootedValue value(cx_);
        for (std::uint32_t i = 0; i < length; ++i) {
            if (i > 0) {
                out_ += ',';
            }
            path_.resize(path_size);
            fmt::format_to(std::back_inserter(path_), "[{}]", i);
            if (!JS_GetElement(cx_, list, i, &value) || !prepare(&value, std::to_string(i))) {
                return false;
            }
            if (!writable(value)) {
                value.setNull();
            }
            if (!write_prepared(value)) {
                return false;
            }
        }
        out_ += ']';
        return true;
    }

    bool write_members(JS::HandleObject object) {
        JS::Rooted<JS::IdVector> keys(cx_, JS::IdVector(cx_));
        if (!JS_Enumerate(cx_, object, &keys)) {
            return false;
        }
        const auto path_size = path_.size();
        out_ += '{';
        bool first = true;
        JS::RootedId key(cx_);
        JS::RootedValue value(cx_);
        JS::RootedValue key_value(cx_);
        JS::RootedString key_text(cx_);
        for (const jsid id : keys) {
            key = id;
            if (!JS_IdToValue(cx_, key, &key_value)) {
                return false;
            }
            key_text = JS::ToString(cx_, key_value);
            if (!key_text || !JS_GetPropertyById(cx_, object, key, &value)) {
                return false;
            }
            const std::string name = text_of(cx_, key_text);
            path_.resize(path_size);
            path_.append(".").append(name, 0, 100);
            if (!prepare(&value, name)) {
                return false;
            }
            if (!writable(value)) {
                continue;
            }
            out_ += first ? "" : ",";
            first = false;
            if (!write_string(key_text)) {
                return false;
            }
            out_ += ':';
            if (!write_prepared(value)) {
                return false;
            }
        }
        out_ += '}';
        return true;
    }

    static bool writable(const JS::Value& value) {
        return !(value.isUndefined() || value.isSymbol() || (value.isObject() && JS::IsCallable(&value.toObject())));
    }

    std::string too_large() const { return fmt::format("the answer is larger than {} bytes", bytes_max_); }

    bool refuse(std::string sentence) {
        too_much_ = std::move(sentence);
        return false;
    }

    JSContext* cx_;
    std::size_t bytes_max_;
    std::vector<std::string>& notes_;
    std::string out_;
    std::string path_;
    std::string too_much_;
    std::size_t depth_ = 0;
};

}  // namespace

JsonOutcome write_json(JSContext* cx, JS::HandleValue value, const char* name, std::size_t bytes_max,
                       std::vector<std::string>& notes) {
    JsonWriter writer(cx, bytes_max, notes);
    return writer.write(value, name);
}

}  // namespace bypuls::ingest::codecs
