#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/query/evaluate.h"

namespace bypuls::query {

/// An entity in a test: named values and named links to other entities, which must outlive it.
class TestRecord final : public Record {
public:
    std::map<std::string, Value, std::less<>> properties;
    struct Link {
        bool many = false;
        std::vector<const TestRecord*> to;
    };
    std::map<std::string, Link, std::less<>> links;

    std::optional<Value> property(std::string_view name) const override {
        const auto found = properties.find(name);
        return found == properties.end() ? std::nullopt : std::optional(found->second);
    }
    Result<std::optional<Related>> navigate(std::string_view name, std::size_t limit) const override {
        const auto found = links.find(name);
        if (found == links.end()) {
            return std::nullopt;
        }
        Related related{.many = found->second.many, .records = {}};
        for (const TestRecord* record : found->second.to) {
            if (related.records.size() == limit) {
                break;
            }
            related.records.push_back(std::make_unique<TestRecord>(*record));
        }
        return related;
    }
};

}  // namespace bypuls::query
