#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "apps/staff/form.h"
#include "apps/staff/routes.h"
#include "core/result.h"

/// What the acts of this room share. Not for other rooms.
namespace bypuls::staff {

using nlohmann::json;

/// The parts, with what lives as long as the routes.
struct Room {
    explicit Room(Parts given) : parts(std::move(given)), started(parts.clock.now()) {}

    Parts parts;
    Instant started;
    /// One change of places, devices and profiles at a time: they are read, changed and written back.
    std::mutex changing;
    /// One replay at a time, since the outcome is read off the account.
    std::mutex replaying;
};

using Answer = Result<http::Response>;
/// Runs on the pool.
using Act = Answer (*)(Room&, const http::Request&);

/// What a person may wait for the pipeline before the answer says that it goes on without them.
constexpr std::chrono::seconds patience{20};

http::Response answer(const json& body, int status = 200);
/// 409 with the reason.
http::Response conflict(const http::Request& request, const Said& why);
json time_or_null(std::optional<Instant> time);
json text_or_null(std::string_view text);
/// Why nothing new may be called "new": the page where new ones are made has that address.
Said page_of_new_ones();
/// What a reason of the pipeline means, in a sentence.
std::string sentence_of(ingest::Reason reason, words::Language language);
/// Do all words of `query` occur in `text`, whatever their case?
bool has_words(std::string_view text, std::string_view query);
/// Errc::malformed when `q` is longer than 200 bytes.
Result<std::string> asked_words(const http::Request& request);
/// Errc::malformed, in the reader's language, for what is no whole number from `min` to `max`.
Result<long long> asked_number(const http::Request& request, std::string_view name, long long absent, long long min,
                               long long max);

/// A row with its key of paging.
struct Row {
    std::string key;  ///< unique; rows stand in its order
    std::size_t index = 0;
};
/// The page of `rows` that `after` and `limit` ask for, as {items, next, total}; makes only the rows it shows.
Answer page(const http::Request& request, std::vector<Row> rows, const std::function<Result<json>(std::size_t)>& make);

/// Every entity of a collection, at most `page_max` of the registry times ten.
template <typename Entity>
Result<std::vector<Entity>> all_of(const registry::Collection<Entity>& collection) {
    constexpr std::size_t entities_max = 10 * registry::page_max;
    std::vector<Entity> all;
    bool more = true;
    while (more && all.size() < entities_max) {
        const auto after = all.empty() ? typename registry::Collection<Entity>::IdOf{} : all.back().id;
        TRY(auto next, collection.list(after, registry::page_max));
        more = next.more && !next.items.empty();
        std::ranges::move(next.items, std::back_inserter(all));
    }
    return all;
}

json frame_json(const ingest::pipeline::Frame& frame, words::Language language);
json profile_json(const ingest::devices::Snapshot& book, const ingest::devices::Profile& profile);
/// The device as the list shows it.
Result<json> device_json(Room& room, const ingest::devices::Snapshot& book, const ingest::devices::Device& device);
/// The observed property of that name, made when it is new.
Result<registry::ObservedPropertyId> property_named(registry::Registry& registry, const std::string& name);
/// The words of UCUM's codes that devices here measure in; others stand as their code.
registry::Unit unit_of(const std::string& code);
/// It is a fault when `unit` is no code of UCUM, or when the rules that judge the property's readings reckon in
/// another.
void check_unit(Form& form, const ingest::quality::Rules& rules, const std::string& where, const std::string& property,
                const std::string& unit);
/// As the addresses of this room write it.
std::optional<registry::DatastreamId> datastream_id(std::string_view text);
/// Where what stands at the place is; kept under the id of a location that says the same, where there is one.
registry::Location location_of(const registry::Place& place);
Result<registry::LocationId> kept_location(registry::Registry& registry, const registry::Place& place);
/// A place's own page, for the kinds that have one.
std::optional<std::string> page_of(const registry::Place& place);
/// Shows the thing and its datastreams at a place.
Result<void> show_at(registry::Registry& registry, const std::string& slug, registry::ThingId thing,
                     const std::vector<registry::DatastreamId>& datastreams);
/// The place that a form names, or that it names none. A place that is not there is a fault of the form.
std::optional<registry::Place> chosen_place(Room& room, Form& form);
/// Makes the datastreams that the profile has and the device lacks, and shows them at the device's place, if any.
Result<void> complete(Room& room, ingest::devices::Device& device, const ingest::devices::Profile& profile,
                      registry::Access access);

/// What became of one message that was tried again.
struct Replayed {
    ingest::Counts counts;
    journal::Position position;  ///< as which it was tried
};
/// Errc::not_found when it is no longer kept, timed_out when it is kept but could not be applied yet.
Result<Replayed> replay(Room& room, journal::Position position);
/// Tries all that wait because nobody had adopted their device, oldest first and at most a bound; returns how many.
Result<std::size_t> replay_waiting(Room& room, std::string_view dev_eui);

Answer get_setup(Room& room, const http::Request& request);
Answer set_up(Room& room, const http::Request& request);
Answer get_session(Room& room, const http::Request& request);
Answer sign_in(Room& room, const http::Request& request);
Answer sign_out(Room& room, const http::Request& request);
Answer list_inbox(Room& room, const http::Request& request);
Answer adopt(Room& room, const http::Request& request);
Answer list_places(Room& room, const http::Request& request);
Answer get_place(Room& room, const http::Request& request);
Answer put_place(Room& room, const http::Request& request);
Answer delete_place(Room& room, const http::Request& request);
Answer list_datastreams(Room& room, const http::Request& request);
Answer get_datastream(Room& room, const http::Request& request);
Answer put_datastream(Room& room, const http::Request& request);
Answer list_devices(Room& room, const http::Request& request);
Answer get_device(Room& room, const http::Request& request);
Answer put_device(Room& room, const http::Request& request);
Answer delete_device(Room& room, const http::Request& request);
Answer list_profiles(Room& room, const http::Request& request);
Answer put_profile(Room& room, const http::Request& request);
Answer delete_profile(Room& room, const http::Request& request);
Answer list_dead_letters(Room& room, const http::Request& request);
Answer replay_dead_letter(Room& room, const http::Request& request);
Answer list_codecs(Room& room, const http::Request& request);
Answer get_codec(Room& room, const http::Request& request);
Answer put_codec(Room& room, const http::Request& request);
Answer delete_codec(Room& room, const http::Request& request);
Answer try_codec(Room& room, const http::Request& request);
Answer list_quality(Room& room, const http::Request& request);
Answer list_quality_rules(Room& room, const http::Request& request);
Answer list_tokens(Room& room, const http::Request& request);
Answer create_token(Room& room, const http::Request& request);
Answer revoke_token(Room& room, const http::Request& request);
Answer get_health(Room& room, const http::Request& request);

}  // namespace bypuls::staff
