#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "platform/publish/sensorthings/routes/service.h"

/// Batches of requests: multipart/mixed as OData 4.0 has it (18-088 §13.2), and FROST's JSON. Reading and writing them
/// is pure.
namespace bypuls::sensorthings::batch {

/// A request of a batch, with what names it.
struct Part {
    Ask ask;
    std::string id;  ///< Content-ID, or the JSON batch's id
};
/// A request by itself, or several that are made together.
struct Group {
    bool together = false;
    std::vector<Part> parts;
};

struct Limits {
    std::size_t parts = 10'000;
    std::size_t header_bytes = 16U << 10U;
};

/// `root_path` is the path of the service ("/sta/v1.1"), which absolute addresses of parts begin with.
/// Errc::malformed says which part and what; exhausted when there are too many.
Result<std::vector<Group>> parse_multipart(std::string_view body, std::string_view content_type,
                                           std::string_view root_path, const Limits& limits = {});
/// {"requests":[{"id":"0","atomicityGroup":"g1","method":"post","url":"Things","body":{…}}, …]}; "headers" of a request
/// may hold if-match, prefer and content-type.
Result<std::vector<Group>> parse_json(std::string_view body, std::string_view root_path, const Limits& limits = {});

/// The replies of a group: one for each part, or one for all of a change set that failed.
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
