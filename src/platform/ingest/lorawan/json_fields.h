#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "core/bytes.h"
#include "core/clock.h"
#include "core/result.h"

namespace bypuls::ingest::lorawan {

/// The first thing wrong with a document. What comes after it is not worth telling.
class Fault {
public:
    void note(Errc code, std::string_view path, std::string_view sentence);
    explicit operator bool() const { return first_.has_value(); }
    const Error& error() const { return *first_; }

private:
    std::optional<Error> first_;
};

/// A JSON document that holds the limits and repeats no key. simdjson checks the grammar and UTF-8 of all of it.
class JsonDocument {
public:
    /// Errc::malformed or Errc::exhausted. Call once.
    Result<void> read(std::string_view body);
    simdjson::dom::element root() const { return root_; }

private:
    simdjson::dom::parser parser_;
    simdjson::dom::element root_;
};

/// One object of a document and its place in it. A member that is absent or null gives the empty value, as protobuf's
/// JSON mapping has it; one of the wrong type notes a fault with its path and gives the empty value too.
class JsonFields {
public:
    JsonFields(simdjson::dom::object object, std::string path, Fault& fault)
        : object_(object), path_(std::move(path)), fault_(&fault) {}

    bool has(std::string_view key) const { return find(key).has_value(); }
    std::string text(std::string_view key) const;
    /// A name, or the number that stands for a name that the sender did not know.
    std::string word(std::string_view key) const;
    /// "NaN" and "Infinity" in quotes, as protobuf writes them, count as not said.
    double number(std::string_view key) const;
    /// A number or digits in quotes, 0 to max.
    std::uint64_t whole(std::string_view key, std::uint64_t max) const;
    bool flag(std::string_view key) const;
    Bytes base64(std::string_view key, std::size_t bytes_max) const;
    std::optional<Instant> time(std::string_view key) const;
    std::vector<std::string> texts(std::string_view key, std::size_t count_max) const;
    std::vector<std::pair<std::string, std::string>> pairs(std::string_view key, std::size_t count_max) const;
    std::optional<JsonFields> object(std::string_view key) const;
    void each_object(std::string_view key, std::size_t count_max,
                     const std::function<void(const JsonFields&)>& take) const;
    /// The member as compact JSON.
    std::string json(std::string_view key) const;

    std::string path_of(std::string_view key) const;
    void wrong(std::string_view key, std::string_view sentence, Errc code = Errc::malformed) const {
        fault_->note(code, path_of(key), sentence);
    }

private:
    std::optional<simdjson::dom::element> find(std::string_view key) const;

    simdjson::dom::object object_;
    std::string path_;
    Fault* fault_;
};

/// Reads an object at the root of `body` and hands it to `read`; the first fault that it notes is the answer.
Result<void> read_json_object(std::string_view body, const std::function<void(const JsonFields&)>& read);

}  // namespace bypuls::ingest::lorawan
