#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "platform/publish/sensorthings/routes/service.h"

/// Batches of requests: multipart/mixed as OData 4.0 has it (18-088 §13.2), and FROST's JSON. Reading and writing them
/// is pure.
namespace bypuls::sensorthings::batch {

/// The most requests of one batch; 413 beyond.
constexpr std::size_t parts_max = 1000;

/// A request of a batch, with what names it.
struct Part {
    Ask ask;
    std::string id;                ///< Content-ID, or the JSON batch's id
    std::optional<Error> fault{};  ///< why it is no request; it is answered so, and the others are made
};
/// A request by itself, or several that are made together. At least one.
struct Group {
    bool together = false;
    std::vector<Part> parts;
};

struct Limits {
    std::size_t parts = parts_max;
    std::size_t header_bytes = 16U << 10U;
};

/// `root_path` is the path of the service ("/sta/v1.1"). A part is addressed below it ("Things(1)"), from it
/// ("/v1.1/Things(1)", as FROST's clients and the examples of 18-088 §13.2 have it), or in full.
/// Errc::malformed when the body cannot be taken apart; exhausted when there are too many parts.
Result<std::vector<Group>> parse_multipart(std::string_view body, std::string_view content_type,
                                           std::string_view root_path, const Limits& limits = {});
/// {"requests":[{"id":"0","atomicityGroup":"g1","method":"post","url":"Things","body":{…}}, …]}; "headers" of a request
/// may hold if-match, prefer and content-type.
Result<std::vector<Group>> parse_json(std::string_view body, std::string_view root_path, const Limits& limits = {});

/// The replies of a group: one for each part, or a single error for all of a change set.
struct Answered {
    Group group;
    std::vector<Reply> replies;
};
/// `boundary` must not be in any body; `inner` for change sets.
std::string render_multipart(const std::vector<Answered>& answered, std::string_view boundary);
std::string render_json(const std::vector<Answered>& answered);

/// The parameter of a Content-Type, without quotes: boundary_of("multipart/mixed; boundary=x", "boundary") is "x".
std::string parameter_of(std::string_view content_type, std::string_view name);

}  // namespace bypuls::sensorthings::batch
