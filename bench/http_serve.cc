// What bench/http.sh measures: a small JSON document and a page, served the way the program serves them.
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/files.h"
#include "platform/http/server.h"

namespace {

using namespace bypuls;

/// For the peer, which cannot choose a free port itself.
int print_free_port() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listener, reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
        return 1;
    }
    std::printf("%d\n", ntohs(address.sin_port));
    close(listener);
    return 0;
}

int serve(const std::string& folder) {
    const auto small = read_text_file(folder + "/small.json");
    const auto page = read_text_file(folder + "/page.html");
    if (!small || !page) {
        std::fprintf(stderr, "small.json and page.html must be in %s\n", folder.c_str());
        return 1;
    }
    http::Router router;
    router.get("/small.json", [&](http::Request&) -> Task<http::Response> { co_return http::json(*small); });
    const auto shared = std::make_shared<const std::string>(*page);
    router.get("/page.html", [&](http::Request&) -> Task<http::Response> {
        co_return http::content("text/html; charset=utf-8", shared);
    });
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    auto server = http::start_server(router);
    if (!server) {
        std::fprintf(stderr, "%s\n", server.error().what.c_str());
        return 1;
    }
    std::printf("%d\n", (*server)->port());
    std::fflush(stdout);
    int received = 0;
    sigwait(&ending, &received);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: http_serve FOLDER | http_serve --free-port\n");
        return 2;
    }
    return std::string_view(argv[1]) == "--free-port" ? print_free_port() : serve(argv[1]);
}
