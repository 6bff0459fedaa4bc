#include "platform/publish/live/wanted.h"

#include <optional>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::publish {
namespace {

/// What stands behind a field's name in a block of a stream; nothing when it is
/// not there.
std::optional<std::string_view> field_of(std::string_view block, std::string_view name) {
    for (const std::string_view line : split(block, '\n')) {
        if (line.starts_with(name)) {
            return line.substr(name.size());
        }
    }
    return std::nullopt;
}

/// Whole blocks without the events that are not wanted. The id of one that was
/// passed over stays: a block with an id and no data is no event, but the
/// client comes back with it (WHATWG HTML §9.2.6), so that it neither misses
/// what it wants nor has to load everything anew for what it does not.
std::string only_wanted(std::string_view blocks, std::string_view event, const Wanted& wanted) {
    constexpr std::string_view end_of_block = "\n\n";
    std::string kept;
    std::string_view passed_over;
    while (!blocks.empty()) {
        const auto end = blocks.find(end_of_block);
        const auto block = blocks.substr(0, end == std::string_view::npos ? end : end + end_of_block.size());
        blocks.remove_prefix(block.size());
        const auto data = field_of(block, "event: ") == event ? field_of(block, "data: ") : std::nullopt;
        if (data && !wanted(*data)) {
            passed_over = field_of(block, "id: ").value_or("");
        } else {
            kept += block;
            passed_over = {};
        }
    }
    if (!passed_over.empty()) {
        kept += fmt::format("id: {}{}", passed_over, end_of_block);
    }
    return kept;
}

Task<Result<bool>> pull_wanted(http::Pull& rest, std::string_view event, const Wanted& wanted, std::string& chunk) {
    std::string all;
    const auto more = co_await rest(all);
    chunk += only_wanted(all, event, wanted);
    co_return more;
}

}  // namespace

void leave_wanted(http::Response& response, std::string event, Wanted wanted) {
    auto& stream = std::get<http::OpenStream>(response.body);
    stream.pull = [rest = std::move(stream.pull), event = std::move(event), wanted = std::move(wanted)](
                      std::string& chunk) mutable { return pull_wanted(rest, event, wanted, chunk); };
}

}  // namespace bypuls::publish
