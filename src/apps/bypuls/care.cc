// The commands with which an operator looks after a town: backup, restore, verify, doctor.
#include <iostream>

#include <fmt/format.h>

#include "apps/bypuls/backup.h"
#include "apps/bypuls/commands.h"
#include "apps/bypuls/doctor.h"
#include "apps/bypuls/operate.h"
#include "apps/bypuls/verify.h"
#include "core/clock.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::apps {
namespace {

int trouble(const Error& error) {
    std::cerr << error.what << "\n";
    return exit_failed;
}

int tell(const std::vector<Finding>& findings, bool json) {
    for (const Finding& finding : findings) {
        if (json) {
            std::string line = R"({"what":)";
            append_json_string(line, finding.what);
            line += fmt::format(R"(,"state":"{}","sentence":)", name_of(finding.state));
            append_json_string(line, finding.sentence);
            std::cout << line << "}\n";
        } else {
            std::cout << fmt::format("{:<8} {:<32} {}\n", name_of(finding.state), finding.what, finding.sentence);
        }
    }
    return any_fault(findings) ? exit_failed : exit_ok;
}

}  // namespace

int backup(const Settings& settings, const std::string& to) {
    const auto made = make_backup(settings.data, to, SystemClock{});
    if (!made) {
        return trouble(made.error());
    }
    std::cout << fmt::format("{} files with {} bytes in {}; readings settled up to record {}, journal up to {}\n",
                             made->files.size(), made->bytes(), to, made->settled, made->journal_last);
    return exit_ok;
}

int restore(const Settings& settings, const std::string& from) {
    const auto laid = restore_backup(from, settings.data);
    if (!laid) {
        return trouble(laid.error());
    }
    std::cout << fmt::format("{} holds the town as of {}; `bypuls serve --data {}` applies the rest of the journal\n",
                             settings.data, format_instant(laid->made), settings.data);
    return exit_ok;
}

int verify(const Settings& settings, bool json) {
    return tell(verify_data(settings.data), json);
}

int doctor(const Settings& settings, bool json) {
    return tell(examine(settings, SystemClock{}), json);
}

}  // namespace bypuls::apps
