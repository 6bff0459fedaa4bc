// The worker as a program of its own, for the tests and the benchmark of this room. `probe NAME` goes behind the same
// walls and then tries what they must refuse.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/ingest/codecs/codec_worker.h"
#include "platform/ingest/codecs/sandbox.h"

namespace {

using namespace bypuls::ingest::codecs;

int probe(std::string_view what) {
    if (!leave_the_world() || !shut_in(32U << 20U)) {
        return 9;
    }
    long outcome = -1;
    if (what == "nothing") {
        outcome = 0;
    } else if (what == "open") {
        outcome = open("/etc/passwd", O_RDONLY);
    } else if (what == "socket") {
        outcome = socket(AF_INET, SOCK_STREAM, 0);
    } else if (what == "fork") {
        outcome = fork();
    } else if (what == "exec") {
        outcome = execl("/bin/true", "true", nullptr);
    } else if (what == "kill") {
        outcome = kill(getppid(), 0);
    } else if (what == "stderr") {
        outcome = write(2, "x", 1);
    } else if (what == "executable memory") {
        outcome =
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
    } else if (what == "memory") {
        outcome = mmap(nullptr, 64U << 20U, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
        _exit(outcome == 1 ? 7 : 0);
    }
    _exit(outcome >= 0 ? 0 : 1);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::strcmp(argv[1], "probe") == 0) {
        return probe(argv[2]);
    }
    return codec_worker_main();
}
