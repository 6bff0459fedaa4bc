#include "platform/publish/sensorthings/model/path.h"

#include <charconv>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::sensorthings {
namespace {

constexpr std::size_t steps_max = 32;
constexpr std::size_t path_bytes_max = 4096;

/// "Things(1)" taken apart.
struct Segment {
    std::string_view name;
    std::optional<std::string_view> key;
};

Result<Segment> parse_segment(std::string_view text) {
    const auto open = text.find('(');
    if (open == std::string_view::npos) {
        return Segment{text, std::nullopt};
    }
    if (!text.ends_with(')')) {
        return fail(Errc::not_found, fmt::format("'{}' has no closing bracket", text));
    }
    return Segment{text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

Result<std::int64_t> parse_key(std::string_view text, std::string_view set) {
    std::string_view digits = text;
    if (digits.size() >= 2 && digits.front() == '\'' && digits.back() == '\'') {
        digits = digits.substr(1, digits.size() - 2);
    }
    std::int64_t id = 0;
    const auto [end, trouble] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (trouble != std::errc{} || end != digits.data() + digits.size()) {
        return fail(Errc::not_found, fmt::format("there is no {}({}): ids are whole numbers", set, text));
    }
    return id;
}

class Parser {
public:
    explicit Parser(std::vector<std::string_view> segments) : segments_(std::move(segments)) {}

    Result<ResourcePath> parse() {
        while (at_ < segments_.size()) {
            TRY_DO(step());
        }
        return std::move(path_);
    }

private:
    Result<void> step() {
        const std::string_view text = segments_[at_++];
        if (text.starts_with('$')) {
            return option(text);
        }
        TRY(const auto segment, parse_segment(text));
        if (path_.steps.empty()) {
            const auto kind = kind_of_set(segment.name);
            if (!kind) {
                return fail(Errc::not_found, fmt::format("there is no entity set '{}'", segment.name));
            }
            return add(type_of(*kind).set, *kind, true, segment);
        }
        if (!path_.last().single()) {
            return fail(Errc::not_found, fmt::format("'{}' follows a set, which needs a key first", segment.name));
        }
        const EntityType& type = type_of(path_.last().kind);
        if (const auto* navigation = type.navigation(segment.name)) {
            return add(navigation->name, navigation->target, navigation->many, segment);
        }
        return property(type, segment);
    }

    Result<void> add(std::string_view name, Kind kind, bool many, const Segment& segment) {
        Step made{kind, name, many, std::nullopt};
        if (segment.key) {
            if (!many) {
                return fail(Errc::not_found, fmt::format("'{}' is one entity and takes no key", name));
            }
            TRY(made.id, parse_key(*segment.key, name));
        }
        path_.steps.push_back(made);
        return {};
    }

    /// What follows a property is inside it.
    Result<void> property(const EntityType& type, const Segment& segment) {
        const auto* found = type.property(segment.name);
        if (segment.key || (found == nullptr && !is_id(segment.name) && !is_self_link(segment.name))) {
            return fail(Errc::not_found, fmt::format("a {} has no '{}'", type.name, segment.name));
        }
        path_.property = found != nullptr ? found->name : is_id(segment.name) ? "@iot.id" : "@iot.selfLink";
        while (at_ < segments_.size() && !segments_[at_].starts_with('$')) {
            path_.into.emplace_back(segments_[at_++]);
        }
        if (!path_.into.empty() && (found == nullptr || found->content == Content::text)) {
            return fail(Errc::not_found, fmt::format("'{}' has nothing inside", segment.name));
        }
        return {};
    }

    Result<void> option(std::string_view text) {
        const bool last = at_ == segments_.size();
        const bool entities = !path_.steps.empty() && path_.property.empty();
        if (text == "$value" && last && !path_.property.empty()) {
            path_.value = true;
        } else if (text == "$ref" && last && entities) {
            path_.reference = true;
        } else if (text == "$count" && last && entities && !path_.last().single()) {
            path_.count = true;
        } else {
            return fail(Errc::not_found, fmt::format("'{}' cannot stand here", text));
        }
        return {};
    }

    std::vector<std::string_view> segments_;
    std::size_t at_ = 0;
    ResourcePath path_;
};

}  // namespace

Result<ResourcePath> parse_path(std::string_view path) {
    if (path.size() > path_bytes_max) {
        return fail(Errc::not_found, "the path is longer than any that leads somewhere");
    }
    while (path.starts_with('/')) {
        path.remove_prefix(1);
    }
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    auto segments = split(path, '/');
    if (path.empty() || segments.size() > steps_max) {
        return fail(Errc::not_found, "the path names no entity");
    }
    return Parser(std::move(segments)).parse();
}

}  // namespace bypuls::sensorthings
