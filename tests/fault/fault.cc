#include <cstring>
#include <new>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/check.h"

#include "tests/fault/shim.h"

namespace bypuls::fault {

Fault::Fault(std::string file) : file_(std::move(file)) {
    const int opened = open(file_.c_str(), O_RDWR | O_CREAT, 0600);
    check(opened >= 0 && ftruncate(opened, sizeof(Plan)) == 0, "the plan's file can be made");
    void* const mapped = mmap(nullptr, sizeof(Plan), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    close(opened);
    check(mapped != MAP_FAILED, "the plan can be mapped");
    plan_ = new (mapped) Plan;
}

Fault::~Fault() {
    munmap(plan_, sizeof(Plan));
}

void Fault::arm(const std::string& path, std::int64_t nth, std::int32_t error, std::int64_t times) {
    check(nth > 0 && path.size() < sizeof plan_->below, "a fault has a place");
    disarm();
    std::memcpy(plan_->below, path.c_str(), path.size() + 1);
    plan_->error = error;
    plan_->times = times;
    plan_->done = 0;
    plan_->calls = Calls::any;
    plan_->after = false;
    plan_->left = nth;  // last: from here on it counts
}

void Fault::arm_after(const std::string& path, std::int64_t nth, Calls calls) {
    arm(path, INT64_MAX, killed);
    plan_->calls = calls;
    plan_->after = true;
    plan_->left = nth;
}

void Fault::disarm() {
    plan_->left = 0;
}

}  // namespace bypuls::fault
