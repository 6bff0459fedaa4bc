#include "platform/publish/sensorthings/routes/batch.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "platform/http/render.h"
#include "platform/http/target.h"

namespace bypuls::sensorthings::batch {
namespace {

using Tree = nlohmann::json;

/// Field lines until the empty one, and what follows it.
struct Section {
    std::vector<std::pair<std::string, std::string>> fields;
    std::string_view rest;

    std::optional<std::string> field(std::string_view name) const {
        const auto found = std::ranges::find_if(
            fields, [&](const auto& field) { return equal_ignoring_ascii_case(field.first, name); });
        return found == fields.end() ? std::nullopt : std::optional(found->second);
    }
};

/// Takes a line without its end off the front; CRLF or LF.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    return line;
}

Result<Section> read_fields(std::string_view text, const Limits& limits) {
    Section section;
    const std::size_t whole = text.size();
    while (!text.empty()) {
        if (whole - text.size() > limits.header_bytes) {
            return fail(Errc::malformed, "a part's header is too long");
        }
        const auto line = take_line(text);
        if (line.empty()) {
            break;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) {
            return fail(Errc::malformed, fmt::format("'{}' is no header line", line.substr(0, 60)));
        }
        section.fields.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
    }
    section.rest = text;
    return section;
}

/// The parts between lines of "--boundary" (RFC 2046 §5.1.1).
Result<std::vector<std::string_view>> split_parts(std::string_view body, const std::string& boundary,
                                                  const Limits& limits) {
    if (boundary.empty() || boundary.size() > 70) {
        return fail(Errc::malformed, "a batch in multipart/mixed needs a boundary of 1 to 70 characters");
    }
    const std::string dashes = "--" + boundary;
    std::vector<std::string_view> parts;
    const char* begin = nullptr;
    std::string_view rest = body;
    while (!rest.empty()) {
        const char* line_begin = rest.data();
        const auto line = trim(take_line(rest));
        const bool ends = line == dashes + "--";
        if (line != dashes && !ends) {
            continue;
        }
        if (begin != nullptr) {
            std::string_view part(begin, static_cast<std::size_t>(line_begin - begin));
            // The line break before a boundary belongs to the boundary.
            part.remove_suffix(part.ends_with("\r\n") ? 2 : part.ends_with('\n') ? 1 : 0);
            parts.push_back(part);
        }
        if (ends) {
            return parts;
        }
        if (parts.size() >= limits.parts) {
            return fail(Errc::exhausted, fmt::format("a batch has at most {} parts", limits.parts));
        }
        begin = rest.data();
    }
    return fail(Errc::malformed, fmt::format("the batch does not end with {}--", dashes));
}

/// Takes the root of the service off the front of an absolute path. Either form may be named, with or without what
/// stands before the version; the batch is answered in its own.
std::string_view below_root(std::string_view path, std::string_view root_path) {
    const auto take = [&](std::string_view prefix) {
        const bool taken = path.starts_with(prefix) &&
                           (path.size() == prefix.size() || path[prefix.size()] == '/' || path[prefix.size()] == '?');
        path.remove_prefix(taken ? prefix.size() : 0);
        return taken;
    };
    const auto before_version = root_path.substr(0, root_path.rfind('/'));
    if (path.starts_with(std::string(before_version) + "/v1.")) {
        path.remove_prefix(before_version.size());
    }
    if (!take("/v1.1")) {
        take("/v1.0");
    }
    return path;
}

/// "http://host/sta/v1.1/Things(1)?$top=1", "/sta/v1.1/Things(1)", "/v1.1/Things(1)" or "Things(1)" as path and query.
Result<void> read_address(std::string_view address, std::string_view root_path, Ask& ask) {
    const auto scheme = address.substr(0, address.find('?')).find("://");
    if (scheme != std::string_view::npos) {
        const auto slash = address.find('/', scheme + 3);
        address = slash == std::string_view::npos ? "" : address.substr(slash);
    }
    if (address.starts_with('/')) {
        address = below_root(address, root_path);
    }
    while (address.starts_with('/')) {
        address.remove_prefix(1);
    }
    const auto question = address.find('?');
    TRY(ask.path, http::percent_decode(address.substr(0, question)));
    if (question != std::string_view::npos) {
        TRY(const auto query, http::parse_query(address.substr(question + 1)));
        ask.query = query.items();
    }
    return {};
}

Result<http::Method> read_method(std::string_view name) {
    std::string upper;
    for (const char c : name) {
        upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    const auto method = http::method_of(upper);
    if (!method || *method == http::Method::options) {
        return fail(Errc::malformed, fmt::format("'{}' is no method of a batch", name));
    }
    return *method;
}

std::string media_type_of(std::string_view content_type) {
    return to_lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
}

/// Fields that a request of a batch may have as one outside has them; the body's type is not among them.
void read_conditions(Ask& ask, std::string_view prefer, const std::optional<std::string>& if_match) {
    ask.wants_entity = prefer.find("return=representation") != std::string_view::npos;
    if (ask.method != http::Method::get && ask.method != http::Method::head) {
        ask.if_match = if_match;
    }
}

/// application/http: a request line, fields, an empty line, a body.
Result<Ask> read_request(const Section& outer, std::string_view root_path, const Limits& limits) {
    if (media_type_of(outer.field("Content-Type").value_or("")) != "application/http") {
        return fail(Errc::malformed, "a part must be application/http");
    }
    std::string_view text = outer.rest;
    while (text.starts_with("\r\n") || text.starts_with('\n')) {
        take_line(text);
    }
    const auto line = take_line(text);
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/")) {
        return fail(Errc::malformed, fmt::format("'{}' is no request line", line.substr(0, 60)));
    }
    Ask ask;
    TRY(ask.method, read_method(line.substr(0, first)));
    TRY_DO(read_address(trim(line.substr(first + 1, last - first - 1)), root_path, ask));
    TRY(const auto inner, read_fields(text, limits));
    ask.content_type = media_type_of(inner.field("Content-Type").value_or(""));
    read_conditions(ask, inner.field("Prefer").value_or(""), inner.field("If-Match"));
    ask.body = std::string(inner.rest);
    return ask;
}

/// What cannot be read is a part all the same, which is answered with its fault.
Part part_of(Result<Ask> ask, std::string id) {
    Part part{.ask = {}, .id = std::move(id)};
    if (ask) {
        part.ask = std::move(*ask);
    } else {
        part.fault = std::move(ask).error();
    }
    return part;
}

Part read_part(std::string_view text, std::string_view root_path, const Limits& limits) {
    auto section = read_fields(text, limits);
    if (!section) {
        return part_of(std::unexpected(std::move(section).error()), "");
    }
    return part_of(read_request(*section, root_path, limits), section->field("Content-ID").value_or(""));
}

/// A change set that cannot be taken apart is answered like a part that cannot be read.
Group faulty_change_set(Error error) {
    Group group{.together = true, .parts = {}};
    group.parts.push_back(part_of(std::unexpected(std::move(error)), ""));
    return group;
}

Result<Group> read_group(std::string_view text, std::string_view root_path, const Limits& limits) {
    const auto section = read_fields(text, limits);
    const std::string type = section ? section->field("Content-Type").value_or("") : "";
    Group group;
    if (media_type_of(type) != "multipart/mixed") {
        group.parts.push_back(read_part(text, root_path, limits));
        return group;
    }
    group.together = true;
    const auto inside = split_parts(section->rest, parameter_of(type, "boundary"), limits);
    if (!inside && inside.error().code == Errc::exhausted) {
        return std::unexpected(inside.error());
    }
    if (!inside || inside->empty()) {
        return faulty_change_set(inside ? Error{Errc::malformed, "a change set without a change"} : inside.error());
    }
    for (const std::string_view part : *inside) {
        group.parts.push_back(read_part(part, root_path, limits));
    }
    return group;
}

/// "headers":{"if-match":"…"}: names in any case (OData 4.01 JSON Format §19.1).
std::optional<std::string> header_of(const Tree& request, std::string_view name) {
    const auto headers = request.find("headers");
    if (headers == request.end() || !headers->is_object()) {
        return std::nullopt;
    }
    for (const auto& [key, value] : headers->items()) {
        if (equal_ignoring_ascii_case(key, name) && value.is_string()) {
            return value.get<std::string>();
        }
    }
    return std::nullopt;
}

/// A member that is a text, else nothing.
std::string text_in(const Tree& request, const char* name) {
    const auto found = request.is_object() ? request.find(name) : request.end();
    return request.is_object() && found != request.end() && found->is_string() ? found->get<std::string>() : "";
}

Result<Ask> read_json_request(const Tree& request, std::string_view root_path) {
    const std::string method = text_in(request, "method");
    const std::string url = text_in(request, "url");
    if (method.empty() || url.empty()) {
        return fail(Errc::malformed, "a request is an object with method and url");
    }
    Ask ask;
    TRY(ask.method, read_method(method));
    TRY_DO(read_address(url, root_path, ask));
    const auto body = request.find("body");
    if (body != request.end()) {
        ask.body =
            body->is_string() ? body->get<std::string>() : body->dump(-1, ' ', false, Tree::error_handler_t::replace);
        const std::string_view by_form =
            body->is_array() && ask.method == http::Method::patch ? "application/json-patch+json" : "application/json";
        ask.content_type = media_type_of(header_of(request, "content-type").value_or(std::string(by_form)));
    }
    read_conditions(ask, header_of(request, "prefer").value_or(""), header_of(request, "if-match"));
    return ask;
}

void append_reply(std::string& out, const Reply& reply, std::string_view id) {
    out += "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n";
    if (!id.empty()) {
        out += fmt::format("Content-ID: {}\r\n", id);
    }
    out += fmt::format("\r\nHTTP/1.1 {} {}\r\n", reply.status, http::reason_phrase(reply.status));
    if (!reply.location.empty()) {
        out += "Location: " + reply.location + "\r\n";
    }
    if (!reply.etag.empty()) {
        out += "ETag: " + reply.etag + "\r\n";
    }
    if (!reply.next.empty()) {
        out += fmt::format("Link: <{}>; rel=\"next\"\r\n", reply.next);
    }
    if (!reply.body.empty()) {
        out += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", reply.media_type, reply.body.size());
    }
    out += "\r\n" + reply.body + "\r\n";
}

}  // namespace

std::string parameter_of(std::string_view content_type, std::string_view name) {
    const auto parts = split(content_type, ';');
    for (std::size_t i = 1; i < parts.size(); ++i) {
        const auto part = trim(parts[i]);
        const auto equals = part.find('=');
        if (equals == std::string_view::npos || !equal_ignoring_ascii_case(trim(part.substr(0, equals)), name)) {
            continue;
        }
        auto value = trim(part.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        return std::string(value);
    }
    return {};
}

Result<std::vector<Group>> parse_multipart(std::string_view body, std::string_view content_type,
                                           std::string_view root_path, const Limits& limits) {
    TRY(const auto parts, split_parts(body, parameter_of(content_type, "boundary"), limits));
    std::vector<Group> groups;
    std::size_t requests = 0;
    for (const std::string_view part : parts) {
        TRY(auto group, read_group(part, root_path, limits));
        requests += group.parts.size();
        if (requests > limits.parts) {
            return fail(Errc::exhausted, fmt::format("a batch has at most {} parts", limits.parts));
        }
        groups.push_back(std::move(group));
    }
    return groups;
}

Result<std::vector<Group>> parse_json(std::string_view body, std::string_view root_path, const Limits& limits) {
    TRY(const auto tree, parse_body(body));
    const auto requests = tree.is_object() ? tree.find("requests") : tree.end();
    if (!tree.is_object() || requests == tree.end() || !requests->is_array()) {
        return fail(Errc::malformed, "a batch is an object with a list of requests");
    }
    if (requests->size() > limits.parts) {
        return fail(Errc::exhausted, fmt::format("a batch has at most {} parts", limits.parts));
    }
    std::vector<Group> groups;
    std::string open;
    for (const Tree& request : *requests) {
        auto part = part_of(read_json_request(request, root_path), text_in(request, "id"));
        const std::string group = text_in(request, "atomicityGroup");
        if (group.empty() || group != open) {
            groups.push_back({.together = !group.empty(), .parts = {}});
        }
        open = group;
        groups.back().parts.push_back(std::move(part));
    }
    return groups;
}

std::string render_multipart(const std::vector<Answered>& answered, std::string_view boundary) {
    std::string out;
    for (std::size_t i = 0; i < answered.size(); ++i) {
        const auto& [group, replies] = answered[i];
        out += fmt::format("--{}\r\n", boundary);
        // A change set that failed is answered by a single reply of its own (OData 4.0 Part 1 §11.7.4).
        const bool whole = group.together && replies.size() == group.parts.size() && !replies.front().error;
        if (!whole) {
            append_reply(out, replies.front(), group.parts.empty() ? "" : group.parts.front().id);
            continue;
        }
        const std::string inner = fmt::format("{}_{}", boundary, i);
        out += fmt::format("Content-Type: multipart/mixed; boundary={}\r\n\r\n", inner);
        for (std::size_t part = 0; part < replies.size(); ++part) {
            out += fmt::format("--{}\r\n", inner);
            append_reply(out, replies[part], group.parts[part].id);
        }
        out += fmt::format("--{}--\r\n", inner);
    }
    return out + fmt::format("--{}--\r\n", boundary);
}

std::string render_json(const std::vector<Answered>& answered) {
    Tree responses = Tree::array();
    for (const auto& [group, replies] : answered) {
        for (std::size_t i = 0; i < group.parts.size(); ++i) {
            const Reply& reply = replies[std::min(i, replies.size() - 1)];
            Tree response{{"id", group.parts[i].id}, {"status", reply.status}};
            if (!reply.location.empty()) {
                response["location"] = reply.location;
            }
            if (!reply.etag.empty()) {
                response["headers"] = {{"etag", reply.etag}};
            }
            if (!reply.body.empty()) {
                const Tree parsed = Tree::parse(reply.body, nullptr, false);
                response["body"] = parsed.is_discarded() ? Tree(reply.body) : parsed;
            }
            responses.push_back(std::move(response));
        }
    }
    return Tree{{"responses", std::move(responses)}}.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

}  // namespace bypuls::sensorthings::batch
