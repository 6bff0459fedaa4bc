#pragma once

#include <string>

#include "apps/bypuls/verify.h"
#include "core/clock.h"

namespace bypuls::apps {

/// A certificate and its key as the configuration names them, both PEM files.
struct CertificateFiles {
    std::string certificate_chain;
    std::string private_key;
};

/// Would browsers take it? A fault when it or its key cannot be read, when they do not belong together, or when it is
/// not valid at `now`; a warning when it ends within three weeks, when it is not made out to `host` (empty: not looked
/// at), or when everybody on the machine may read the key. All that is wrong is told. `what` is what the finding is
/// called.
Finding examine_certificate(std::string what, const CertificateFiles& files, const std::string& host, Instant now);

}  // namespace bypuls::apps
