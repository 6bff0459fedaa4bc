#include <cstdio>
#include <iostream>

#include <fmt/format.h>

#include "apps/bypuls/commands.h"
#include "apps/bypuls/data_folder.h"
#include "apps/bypuls/operate.h"
#include "core/clock.h"
#include "core/time/iso8601.h"
#include "platform/analysis/analysis.h"
#include "platform/analysis/formats.h"
#include "platform/database/database.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/registry/relational/relational_registry.h"

namespace bypuls::apps {
namespace {

/// A town's data as a reader beside the running program sees them: what had settled when it was opened. The newest
/// seconds are in the running program's memory and in the journal.
struct SettledData {
    SystemClock clock;
    std::unique_ptr<database::Database> database;
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<observations::Store> store;
    std::unique_ptr<analysis::Analysis> analysis;
};

Result<std::unique_ptr<SettledData>> open_settled(const Settings& settings, const analysis::Limits& limits) {
    // Opening would make the files; a question must not.
    TRY_DO(check_holds_town(settings.data));
    auto data = std::make_unique<SettledData>();
    TRY(data->database, database::Database::open({.url = settings.registry_url()}));
    TRY(data->registry, registry::open_relational_registry(*data->database, data->clock));
    TRY(data->store, observations::open_block_store({.path = settings.observations_path()}));
    TRY(data->analysis, analysis::Analysis::open(*data->store, *data->registry, limits));
    return data;
}

int trouble(const Error& error) {
    std::cerr << error.what << "\n";
    return error.code == Errc::malformed ? exit_arguments : exit_failed;
}

/// The answer is whole only when nothing was damaged; scripts see it by the exit code.
int tell_damage(const analysis::Answer& answer) {
    for (const observations::Damage& damage : answer.damaged) {
        std::cerr << fmt::format("datastream {} from {} to {} is missing: {}\n", damage.datastream.value,
                                 format_instant(damage.span.from), format_instant(damage.span.to), damage.what);
    }
    return answer.damaged.empty() ? exit_ok : exit_failed;
}

Result<void> write_out(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
        return fail(Errc::unavailable, "nobody reads the answer on");
    }
    return {};
}

Result<analysis::Export> export_of(const ExportArguments& arguments) {
    analysis::Export what;
    if (!arguments.datastreams.empty()) {
        std::vector<observations::DatastreamId> ids;
        for (const std::int64_t id : arguments.datastreams) {
            ids.push_back({id});
        }
        what.datastreams = observations::Selection::of(std::move(ids));
    }
    if (!arguments.from.empty()) {
        TRY(what.interval.from, parse_instant(arguments.from));
    }
    if (!arguments.to.empty()) {
        TRY(what.interval.to, parse_instant(arguments.to));
    }
    if (what.interval.empty()) {
        return fail(Errc::malformed, "--to must lie after --from");
    }
    what.format = arguments.format == "csv" ? analysis::FileFormat::csv : analysis::FileFormat::parquet;
    what.path = arguments.out;
    return what;
}

}  // namespace

int query(const Settings& settings, const QueryArguments& arguments) {
    const auto data = open_settled(settings, {.memory_bytes = static_cast<std::uint64_t>(arguments.megabytes) << 20U,
                                              .time = std::chrono::seconds(arguments.seconds)});
    if (!data) {
        return trouble(data.error());
    }
    const auto sink =
        analysis::make_sink(analysis::format_named(arguments.format).value_or(analysis::Format::table), write_out);
    const auto answer = (*data)->analysis->query(arguments.sql, observations::Selection::all(), *sink);
    std::fflush(stdout);
    return answer ? tell_damage(*answer) : trouble(answer.error());
}

int export_observations(const Settings& settings, const ExportArguments& arguments) {
    const auto what = export_of(arguments);
    if (!what) {
        return trouble(what.error());
    }
    const auto data = open_settled(settings, {});
    if (!data) {
        return trouble(data.error());
    }
    for (const std::int64_t id : arguments.datastreams) {
        if (const auto known = (*data)->registry->datastreams().get({id}); !known) {
            return trouble({known.error().code, fmt::format("--datastream {}: {}", id, known.error().what)});
        }
    }
    const auto answer = (*data)->analysis->write_file(*what);
    if (!answer) {
        return trouble(answer.error());
    }
    std::cout << fmt::format("{} readings in {}\n", answer->rows, arguments.out);
    return tell_damage(*answer);
}

}  // namespace bypuls::apps
