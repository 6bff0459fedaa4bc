#include "platform/publish/sensorthings/write/data_array.h"

#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>
#include <simdjson.h>

#include "core/text.h"
#include "core/time/iso8601.h"
#include "platform/publish/sensorthings/read/json.h"

namespace bypuls::sensorthings {
namespace {

namespace od = simdjson::ondemand;

/// What a column of the array means.
enum class Column : std::uint8_t {
    phenomenon_time,
    result,
    result_time,
    result_quality,
    valid_time,
    parameters,
    feature,
    ignored,
};

Result<Column> column_named(std::string_view name) {
    static const std::map<std::string_view, Column> columns{
        {"phenomenonTime", Column::phenomenon_time},
        {"result", Column::result},
        {"resultTime", Column::result_time},
        {"resultQuality", Column::result_quality},
        {"validTime", Column::valid_time},
        {"parameters", Column::parameters},
        {"FeatureOfInterest/id", Column::feature},
        {"FeatureOfInterest/@iot.id", Column::feature},
        {"id", Column::ignored},  // the service gives ids
        {"@iot.id", Column::ignored},
    };
    const auto found = columns.find(name);
    if (found == columns.end()) {
        return fail(Errc::malformed, fmt::format("components: an Observation has no '{}'", name));
    }
    return found->second;
}

std::unexpected<Error> not_of_the_form(std::string_view what) {
    return fail(Errc::malformed, fmt::format("CreateObservations: {}", what));
}

/// The text of a JSON string's token without its quotes; nothing for other tokens and for texts with escapes, which no
/// time has.
std::optional<std::string_view> plain_text(std::string_view token) {
    if (token.size() < 2 || token.front() != '"' || token.back() != '"') {
        return std::nullopt;
    }
    const auto text = token.substr(1, token.size() - 2);
    return text.find('\\') == std::string_view::npos ? std::optional(text) : std::nullopt;
}

/// The whole of a value as it stands, brackets and all.
bool read_token(simdjson::simdjson_result<od::value> cell, std::string_view& token) {
    od::value value;
    od::json_type type{};
    if (cell.get(value) != simdjson::SUCCESS || value.type().get(type) != simdjson::SUCCESS) {
        return false;
    }
    if (type == od::json_type::array) {
        od::array array;
        return value.get(array) == simdjson::SUCCESS && array.raw_json().get(token) == simdjson::SUCCESS;
    }
    if (type == od::json_type::object) {
        od::object object;
        return value.get(object) == simdjson::SUCCESS && object.raw_json().get(token) == simdjson::SUCCESS;
    }
    token = value.raw_json_token();
    return true;
}

class Reader {
public:
    Reader(Instant now, Stamps& stamps, const registry::Streams& streams,
           const registry::Entities<registry::FeatureOfInterest>& features)
        : now_(now), stamps_(stamps), streams_(streams), features_(features) {}

    /// Members may stand in any order.
    Result<void> group(od::object group) {
        od::value link;
        std::int64_t named = 0;
        const bool links = group["Datastream"].get(link) == simdjson::SUCCESS ||
                           group["MultiDatastream"].get(link) == simdjson::SUCCESS;
        if (!links || link["@iot.id"].get(named) != simdjson::SUCCESS) {
            return not_of_the_form("'Datastream' must be {\"@iot.id\": a number}");
        }
        od::value names;
        if (group["components"].get(names) != simdjson::SUCCESS) {
            return not_of_the_form("'components' is needed, a list of names");
        }
        std::vector<Column> columns;
        TRY_DO(components(names, columns));
        od::array rows;
        if (group["dataArray"].get(rows) != simdjson::SUCCESS) {
            return not_of_the_form("'dataArray' must be a list of rows");
        }
        return data(rows, streams_.find(registry::DatastreamId{named}), named, columns);
    }

    ArrayRows take() { return std::move(out_); }

private:
    static Result<void> components(od::value value, std::vector<Column>& columns) {
        od::array names;
        if (value.get(names) != simdjson::SUCCESS) {
            return not_of_the_form("'components' must be a list of names");
        }
        for (auto name : names) {
            std::string_view text;
            if (name.get(text) != simdjson::SUCCESS) {
                return not_of_the_form("'components' must be a list of names");
            }
            TRY(const auto column, column_named(text));
            columns.push_back(column);
        }
        return {};
    }

    Result<void> data(od::array rows, const registry::Stream* stream, std::int64_t named,
                      const std::vector<Column>& columns) {
        for (auto element : rows) {
            if (out_.rows.size() >= array_rows_max) {
                return fail(Errc::exhausted,
                            fmt::format("CreateObservations takes at most {} rows at once; send the others in another",
                                        array_rows_max));
            }
            od::array row;
            ArrayRow& made = out_.rows.emplace_back();
            made.place.datastream = {named};
            if (element.get(row) != simdjson::SUCCESS) {
                made.error = "the row is no list";
                continue;
            }
            TRY_DO(read_row(row, stream, columns, made));
        }
        return {};
    }

    /// Writes the row for the way in as it goes, and takes it back when something of it is wrong.
    Result<void> read_row(od::array row, const registry::Stream* stream, const std::vector<Column>& columns,
                          ArrayRow& made) {
        std::string& batch = out_.batch;
        const std::size_t begin = batch.size();
        details_.clear();
        std::string_view result;
        std::optional<Instant> time;
        std::size_t at = 0;
        for (auto cell : row) {
            std::string_view token;
            if (!read_token(cell, token)) {
                return not_of_the_form("a value cannot be read");
            }
            token = trim(token);
            if (at < columns.size() && made.error.empty() && token != "null") {
                read_cell(columns[at], token, made, time, result);
            }
            ++at;
        }
        if (stream == nullptr) {
            made.error = fmt::format("there is no datastream {}", made.place.datastream.value);
        } else if (at != columns.size()) {
            made.error = fmt::format("the row has {} values, not {}", at, columns.size());
        } else if (made.error.empty() && result.empty()) {
            made.error = "the row has no result";
        }
        if (made.error.empty() && !time) {
            const auto stamp = stamps_.next(made.place.datastream, now_);
            time = stamp.value_or(now_);
            made.error = stamp ? "" : stamp.error().what;
        }
        made.place.time = time.value_or(now_);
        if (made.error.empty() && !observation_id(made.place)) {
            made.error = "'phenomenonTime' lies outside the years 1700 to 2243 that are kept";
        }
        if (!made.error.empty()) {
            batch.resize(begin);
            return {};
        }
        append_row(made, result);
        return {};
    }

    void append_row(const ArrayRow& made, std::string_view result) {
        std::string& batch = out_.batch;
        batch += batch.size() > 1 ? "," : "";
        const std::size_t begin = batch.size();
        batch += R"({"datastream":)";
        json::append_integer(batch, made.place.datastream.value);
        batch += R"(,"time":)";
        json::append_instant_text(batch, made.place.time, json::TimeForm::shortest);
        batch += R"(,"value":)";
        batch += result;
        if (!details_.empty()) {
            batch += R"(,"details":{)";
            batch += std::string_view(details_).substr(1);
            batch += '}';
        }
        batch += '}';
        out_.sent.push_back({out_.rows.size() - 1, begin, batch.size()});
    }

    void detail(std::string_view name, std::string_view token) {
        details_ += ",\"";
        details_ += name;
        details_ += "\":";
        details_ += token;
    }

    void read_cell(Column column, std::string_view token, ArrayRow& made, std::optional<Instant>& time,
                   std::string_view& result) {
        switch (column) {
            case Column::result: result = token; break;
            case Column::phenomenon_time: read_time(token, made, time); break;
            case Column::result_time: detail("resultTime", token); break;
            case Column::result_quality: detail("resultQuality", token); break;
            case Column::valid_time: detail("validTime", token); break;
            case Column::parameters: detail("parameters", token); break;
            case Column::feature: {
                const auto end = std::from_chars(token.data(), token.data() + token.size(), made.feature);
                if (end.ec != std::errc{} || end.ptr != token.data() + token.size() || made.feature <= 0) {
                    made.error = "'FeatureOfInterest/id' must be a number";
                    break;
                }
                made.error = why_no_feature(made.feature);
                detail("featureOfInterest", token);
                break;
            }
            case Column::ignored: break;
        }
    }

    /// Empty when there is one. Most rows name the same few.
    const std::string& why_no_feature(std::int64_t id) {
        const auto [known, is_new] = asked_.try_emplace(id);
        if (is_new) {
            if (const auto feature = features_.get({id}); !feature) {
                known->second = feature.error().code == Errc::not_found
                                    ? fmt::format("there is no FeatureOfInterest {}", id)
                                    : feature.error().what;
            }
        }
        return known->second;
    }

    void read_time(std::string_view token, ArrayRow& made, std::optional<Instant>& time) {
        const auto text = plain_text(token);
        if (text && text->find('/') != std::string_view::npos) {
            const auto span = parse_interval(*text);
            if (span && span->from <= span->to) {
                time = span->from;
                std::string end;
                json::append_instant_text(end, span->to, json::TimeForm::shortest);
                detail("phenomenonTimeEnd", end);
                return;
            }
        }
        const auto t = text ? parse_instant(*text) : fail(Errc::malformed, "");
        if (!t) {
            made.error = "'phenomenonTime' must be an ISO 8601 time with a zone, or two of them as from/to";
            return;
        }
        time = *t;
    }

    Instant now_;
    Stamps& stamps_;
    const registry::Streams& streams_;
    const registry::Entities<registry::FeatureOfInterest>& features_;
    std::map<std::int64_t, std::string> asked_;  // features, and why they cannot be
    ArrayRows out_;
    std::string details_;
};

/// Rows that name no feature are about where their thing was, and that feature has to be there to be read.
void make_features(ArrayRows& read, registry::Registry& registry, const registry::Streams& streams) {
    std::map<std::int64_t, std::pair<Instant, Instant>> spans;  // of the rows of each thing
    for (const ArrayRows::Sent& sent : read.sent) {
        const ArrayRow& row = read.rows[sent.row];
        if (row.feature == 0) {
            const auto thing = streams.find(row.place.datastream)->thing.value;
            const auto [known, is_new] = spans.try_emplace(thing, row.place.time, row.place.time);
            known->second = {std::min(known->second.first, row.place.time),
                             std::max(known->second.second, row.place.time)};
        }
    }
    std::set<std::int64_t> nowhere;
    for (const auto& [thing, span] : spans) {
        for (const Instant time : {span.first, span.second}) {
            if (!registry.feature_of(registry::ThingId{thing}, time)) {
                nowhere.insert(thing);
            }
        }
    }
    if (nowhere.empty()) {
        return;
    }
    for (ArrayRow& row : read.rows) {
        const auto* stream = streams.find(row.place.datastream);
        if (row.error.empty() && row.feature == 0 && stream != nullptr && nowhere.contains(stream->thing.value)) {
            row.error = "the Thing has no Location to make a FeatureOfInterest from; name one";
        }
    }
}

/// Leaves the text of what is still to be sent.
void without_the_others(ArrayRows& read) {
    std::string left = "[";
    for (const ArrayRows::Sent& sent : read.sent) {
        left += left.size() > 1 ? "," : "";
        left += std::string_view(read.batch).substr(sent.begin, sent.end - sent.begin);
    }
    read.batch = std::move(left);
}

}  // namespace

Result<ArrayRows> read_data_array(std::string_view body, Instant now, Stamps& stamps, const registry::Streams& streams,
                                  const registry::Entities<registry::FeatureOfInterest>& features) {
    thread_local od::parser parser;
    const simdjson::padded_string padded(body);
    od::document document;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS) {
        return not_of_the_form("the body is not JSON");
    }
    Reader reader(now, stamps, streams, features);
    od::array groups;
    if (document.get_array().get(groups) != simdjson::SUCCESS) {
        return not_of_the_form("the body must be a list of {Datastream, components, dataArray}");
    }
    for (auto element : groups) {
        od::object group;
        if (element.get(group) != simdjson::SUCCESS) {
            return not_of_the_form("the body must be a list of {Datastream, components, dataArray}");
        }
        TRY_DO(reader.group(group));
    }
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::SUCCESS) {
        return not_of_the_form("something follows the list");
    }
    return reader.take();
}

Result<std::string> create_observations(ArrayRows read, registry::Registry& registry, Sink& sink, Instant now,
                                        const registry::Streams& streams, std::string_view root) {
    const std::size_t good = read.sent.size();
    make_features(read, registry, streams);
    std::erase_if(read.sent, [&](const ArrayRows::Sent& sent) { return !read.rows[sent.row].error.empty(); });
    if (read.sent.size() != good) {
        without_the_others(read);
    }
    if (!read.sent.empty()) {
        TRY(const auto refused, sink.submit(std::move(read.batch) + "]", now));
        for (const auto& refusal : refused) {
            if (refusal.row < read.sent.size()) {
                read.rows[read.sent[refusal.row].row].error = refusal.of_itself();
            }
        }
    }
    std::string answer = "[";
    answer.reserve(read.rows.size() * (root.size() + 40));
    for (const ArrayRow& row : read.rows) {
        answer += answer.size() > 1 ? "," : "";
        if (row.error.empty()) {
            answer += '"';
            answer += root;
            answer += "/Observations(";
            json::append_integer(answer, observation_id(row.place).value_or(0));
            answer += ")\"";
        } else {
            append_json_string(answer, "error: " + row.error);
        }
    }
    return answer + "]";
}

}  // namespace bypuls::sensorthings
