#pragma once

#include <dlfcn.h>
#include <sys/types.h>

#include "tests/fault/shim.h"

/// The shim's side of the disk that forgets (power.h): after each sync it copies what is durable now into the folder
/// that a power cut leaves. Called within any call of any thread, so it uses nothing but the C library.
namespace bypuls::fault::disk {

/// The C library's own function, behind ours.
template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// A sync of this file or folder has succeeded.
void synced(const Plan& plan, int file);

/// Stands around a call that takes a file's name away: the number of a file that is gone may soon be another's.
class Removal {
public:
    /// `other`: the file that takes the name; empty when none does.
    Removal(const Plan* plan, int folder, const char* name, const char* other = nullptr);
    ~Removal();
    Removal(const Removal&) = delete;
    Removal& operator=(const Removal&) = delete;
    /// Gives back what the call gave.
    int done(int result);

private:
    const Plan* plan_;
    int lock_ = -1;
    ino_t gone_ = 0;
};

}  // namespace bypuls::fault::disk
