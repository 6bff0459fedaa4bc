#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.h"

namespace bypuls::http {

/// Runs on the server's loop and must not block it: SQL, hashing and files go through a Pool. The request lives until
/// the response has been sent. An exception is answered 500 and logged.
using Handler = std::function<Task<Response>(Request&)>;

/// Who may read the answer from another site's page.
enum class Sharing : std::uint8_t {
    same_site,
    /// Any site's page may, with a key that it was given; Access-Control-Allow-Origin: *, with which browsers send no
    /// cookie (Fetch §4.9), so that nobody's session is lent.
    open_data,
};

struct Route {
    Method method = Method::get;
    /// "/api/v1/places/{slug}": a literal segment wins over a parameter; "{rest...}" at the end takes whatever follows,
    /// nothing included.
    std::string pattern;
    Handler handler;
    Sharing sharing = Sharing::same_site;
    /// For the guard: what the asker must be allowed to do, in the application's words. Empty: not said.
    std::string permission = {};
    /// Largest body, before and after unpacking; absent: the server's default.
    std::optional<std::size_t> body_bytes_max = {};
    /// Longest time until the handler has made its response; absent: the server's default. Beyond it 504 is answered.
    std::optional<std::chrono::milliseconds> time_max = {};
};

/// What a path and method lead to.
struct Match {
    /// Null when the path or the method is unknown.
    const Route* route = nullptr;
    std::vector<std::pair<std::string, std::string>> parameters;
    /// Methods the path does have, for Allow; empty when the path is unknown.
    std::vector<Method> allowed;
};

/// A table of routes. Filled while the program is wired, then only read: thread-safe from there on.
class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    /// check() that the pattern is well formed and that no other route has it with the same method.
    void add(Route route);
    void add(std::vector<Route> routes);
    void get(std::string pattern, Handler handler, Sharing sharing = Sharing::same_site);
    void post(std::string pattern, Handler handler);

    /// HEAD finds GET's route when it has none of its own. OPTIONS finds no route; `allowed` tells what to answer.
    Match match(Method method, std::string_view path) const;
    /// Every route in the order of adding, for tests that each has a permission and for documentation.
    const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

private:
    struct Node;
    std::vector<std::unique_ptr<Route>> routes_;
    std::unique_ptr<Node> root_;
};

}  // namespace bypuls::http
