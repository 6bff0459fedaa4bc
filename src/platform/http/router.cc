#include "platform/http/router.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/check.h"
#include "core/text.h"

namespace bypuls::http {

/// One segment deep in the tree of patterns.
struct Router::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
    std::unique_ptr<Node> parameter;
    std::unique_ptr<Node> rest;
    std::vector<const Route*> routes;  // at most one for each method
};

namespace {

bool is_parameter(std::string_view segment) {
    return segment.starts_with('{') && segment.ends_with('}');
}

std::string_view parameter_name(std::string_view segment) {
    segment = segment.substr(1, segment.size() - 2);
    return segment.ends_with("...") ? segment.substr(0, segment.size() - 3) : segment;
}

std::vector<Method> methods_of(const std::vector<const Route*>& routes) {
    std::vector<Method> methods;
    for (const Route* route : routes) {
        methods.push_back(route->method);
        if (route->method == Method::get) {
            methods.push_back(Method::head);
        }
    }
    methods.push_back(Method::options);
    std::ranges::sort(methods);
    methods.erase(std::ranges::unique(methods).begin(), methods.end());
    return methods;
}

/// The values of a pattern's parameters, read off the path that matched it.
std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view pattern, std::string_view path) {
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!pattern.empty()) {
        pattern.remove_prefix(1);
        path.remove_prefix(path.empty() ? 0 : 1);
        const auto pattern_end = std::min(pattern.find('/'), pattern.size());
        const auto path_end = std::min(path.find('/'), path.size());
        const std::string_view segment = pattern.substr(0, pattern_end);
        if (is_parameter(segment)) {
            const bool rest = segment.ends_with("...}");
            parameters.emplace_back(parameter_name(segment), rest ? path : path.substr(0, path_end));
        }
        pattern.remove_prefix(pattern_end);
        path.remove_prefix(path_end);
    }
    return parameters;
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route) {
    check(route.pattern.starts_with('/'), fmt::format("the pattern {} begins with '/'", route.pattern));
    check(static_cast<bool>(route.handler), fmt::format("the route {} has a handler", route.pattern));
    Node* node = root_.get();
    for (const std::string_view segment : split(std::string_view{route.pattern}.substr(1), '/')) {
        std::unique_ptr<Node>* next = nullptr;
        if (!is_parameter(segment)) {
            next = &node->literals[std::string(segment)];
        } else {
            next = segment.ends_with("...}") ? &node->rest : &node->parameter;
        }
        if (*next == nullptr) {
            *next = std::make_unique<Node>();
        }
        node = next->get();
    }
    const bool taken = std::ranges::any_of(node->routes, [&](const Route* r) { return r->method == route.method; });
    check(!taken, fmt::format("{} {} is routed twice", name_of(route.method), route.pattern));
    const auto rest_at = route.pattern.find("...}");
    check(rest_at == std::string::npos || rest_at + 4 == route.pattern.size(), "{rest...} ends a pattern");
    routes_.push_back(std::make_unique<Route>(std::move(route)));
    node->routes.push_back(routes_.back().get());
}

void Router::add(std::vector<Route> routes) {
    for (Route& route : routes) {
        add(std::move(route));
    }
}

void Router::get(std::string pattern, Handler handler, Sharing sharing) {
    add({.method = Method::get, .pattern = std::move(pattern), .handler = std::move(handler), .sharing = sharing});
}

void Router::post(std::string pattern, Handler handler) {
    add({.method = Method::post, .pattern = std::move(pattern), .handler = std::move(handler)});
}

Match Router::match(Method method, std::string_view path) const {
    // Tries the literal first and comes back for the parameter. Depth is bounded by the deepest pattern, not by the
    // path, and the branching by two at each level that has both.
    const auto find = [](const auto& self, const Node& node, std::string_view left) -> const Node* {
        if (left.empty()) {
            if (!node.routes.empty()) {
                return &node;
            }
            return node.rest != nullptr ? node.rest.get() : nullptr;
        }
        left.remove_prefix(1);
        const auto end = std::min(left.find('/'), left.size());
        const std::string_view segment = left.substr(0, end);
        if (const auto literal = node.literals.find(segment); literal != node.literals.end()) {
            if (const Node* found = self(self, *literal->second, left.substr(end))) {
                return found;
            }
        }
        if (node.parameter != nullptr && !segment.empty()) {
            if (const Node* found = self(self, *node.parameter, left.substr(end))) {
                return found;
            }
        }
        return node.rest.get();
    };
    Match match;
    if (!path.starts_with('/')) {
        return match;
    }
    const Node* node = find(find, *root_, path);
    if (node == nullptr) {
        return match;
    }
    const auto route_for = [&](Method wanted) -> const Route* {
        const auto found = std::ranges::find_if(node->routes, [&](const Route* r) { return r->method == wanted; });
        return found == node->routes.end() ? nullptr : *found;
    };
    match.route = route_for(method);
    if (match.route == nullptr && method == Method::head) {
        match.route = route_for(Method::get);
    }
    if (match.route == nullptr) {
        match.allowed = methods_of(node->routes);
    } else if (match.route->pattern.find('{') != std::string::npos) {
        match.parameters = parameters_of(match.route->pattern, path);
    }
    return match;
}

}  // namespace bypuls::http
