#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/words/catalogue.h"
#include "platform/pages/html.h"

/// The one pattern for each thing that pages show. A room combines these; it does not draw new ones.
namespace bypuls::pages {

/// A place in the page that script makes livelier: `<div data-island="curve" data-props="{…}">fallback</div>`.
/// The fallback is what people read without script; the island may keep it, hide it or put something above it.
/// `props_json` is one JSON object. The script is web/src/<room>/<name>.island.tsx, where the props are described.
Html island(std::string_view name, std::string_view props_json, const Html& fallback);

/// How sure a shown value is. Says itself in words beside the number.
enum class Certainty : std::uint8_t {
    fresh,
    last_good,  ///< the newest reading is doubted; an earlier one is shown
    stale,      ///< nothing has come for too long; the last good one is shown
    missing,    ///< there is nothing to show
};

/// A value with its age: the most used part.
struct Value {
    std::string label;       ///< "I vannet"
    std::string number;      ///< "19,4", by core/words/format.h; ignored when missing
    std::string unit;        ///< "°C", may be empty
    std::string class_name;  ///< "Moderat", when the number belongs to a named class; else empty
    /// Colour of the class: "good", "fair", "poor", "bad", "extreme"; never shown without its name.
    std::string class_tone;
    Certainty certainty = Certainty::fresh;
    Instant time{};     ///< when it was measured
    std::string age;    ///< "for 12 minutter siden"
    std::string trend;  ///< "stiger: 0,8 grader på tre timer", may be empty
    /// Of a missing value: the day on which anything was last sent, "26. november 2026"; empty when nothing ever was.
    std::string last_sent = {};
    std::string source;  ///< may be empty
    bool simulated = false;
    /// Which LiveValue follows it, "landfalltjern/water_temperature"; empty is none.
    std::string live = {};
    /// A value older than this is not the present: a page that stays open marks it as stale by the clock.
    std::chrono::seconds stale_after{};
    /// The classes that a live value may come to be in.
    struct Class {
        std::string id;  ///< as the API names it, "very_high"
        std::string name;
        std::string tone;
    };
    std::vector<Class> classes = {};
};
/// "Stiger: 0,8 °C på 3 timer", for Value::trend. `change` is in the unit, positive when rising.
std::string trend_text(const words::Words& say, double change, std::string_view unit, Duration span, bool steady);
/// The page's answer: one large number.
Html key_value(const words::Words& say, const Value& value);
/// One row of a list of other measurements.
Html value_row(const words::Words& say, const Value& value);
/// <dl> around rows.
Html value_list(const Html& rows);

/// <time datetime="…">text</time> that is written anew as it grows older; `text` is words::age(). On paper the date and
/// the time of day stand in its place.
Html age_tag(const words::Words& say, Instant t, std::string_view text);
/// Where an age will stand when something has been measured.
Html untold_age();
/// <time datetime="…">text</time>
Html time_tag(Instant t, std::string_view text);

/// The line that tells whether a page that follows values is connected. Empty until script writes there.
Html live_state();

enum class Tone : std::uint8_t { info, success, warning, danger };
/// A sentence that must be seen. The tone is a colour and also a word that screen readers hear.
Html notice(const words::Words& say, Tone tone, std::string_view heading, const Html& body);
/// A word in a box: "simulert", "UV 5 Moderat".
Html tag(std::string_view text, std::string_view tone = "neutral");
/// What will be here and how it gets here.
Html empty_state(std::string_view heading, std::string_view sentence);

/// One entry of a list of places, datasets, projects: the number in front, then the name as a link.
struct Entry {
    std::string id;  ///< stable, for scripts that sort: the slug
    std::string href;
    std::string name;
    std::string mark = {};  ///< its number on the page's map; empty: it has none
    Html front;             ///< the number with its unit
    Html details;           ///< one line below the name
    Certainty certainty = Certainty::fresh;
    /// Which LiveValue its number follows, "landfalltjern/water_temperature"; empty is none. The details then have an
    /// age_tag(), or an untold_age(), and a certainty_tag().
    std::string live = {};
    /// As Value::stale_after.
    std::chrono::seconds stale_after{};
    /// What stands there while a live number is missing: "Ingen måling nå".
    std::string none = {};
    std::optional<double> latitude = {};  ///< for "nearest first"
    std::optional<double> longitude = {};
};
Html entry_list(const std::vector<Entry>& entries);
/// A word of doubt beside an entry's number: none while it is fresh, and hidden then. Goes with a live number.
struct CertaintyWords {
    std::string last_good;
    std::string stale;
};
Html certainty_tag(Certainty certainty, const CertaintyWords& words);

/// A real <table>, scrollable sideways on a phone, with a caption. Cells are Html; numbers are right-aligned. Script
/// makes it sortable: by the <time> of a cell, else its number as people write it, else its text.
struct Column {
    std::string heading;
    bool number = false;
};
Html table(std::string_view caption, const std::vector<Column>& columns, const std::vector<std::vector<Html>>& rows);

/// A chart and its twin. The chart is an island; its fallback is `summary` (the finding in a sentence or two) and the
/// table, folded behind "Vis tallene".
struct Chart {
    std::string id;        ///< unique on the page
    std::string title;     ///< the finding: "Vannet har blitt varmere i dag"
    std::string subtitle;  ///< what is shown: "Vanntemperatur siste 48 timer, °C"
    std::string summary;   ///< for those who do not see it, from the data
    std::string island;    ///< "curve", "season"
    std::string props_json;
    Html table;
    std::string source;
    std::string csv_href;   ///< may be empty
    std::string json_href;  ///< may be empty
    bool simulated = false;
};
Html chart(const words::Words& say, const Chart& chart);

/// A form: label, hint, error and field belong together for screen readers.
struct Field {
    std::string name;
    std::string label;
    std::string hint = {};
    std::string error = {};
    std::string value = {};
    std::string type = "text";  ///< of <input>; "textarea" and "select" too
    std::string autocomplete = {};
    bool required = false;
    std::vector<std::pair<std::string, std::string>> choices = {};  ///< value and text, for select
};
Html field(const words::Words& say, const Field& field);
struct Form {
    std::string action;
    std::string method = "get";  ///< "get" or "post"
    std::string button;          ///< a verb
    std::string csrf_token = {};
};
Html form(const Form& form, const Html& fields);
/// Asks before something that cannot be undone: what happens, the button that does it, the link back.
Html confirm(const words::Words& say, const Form& form, std::string_view heading, std::string_view consequence,
             std::string_view back_href);

/// Links to the pages around this one: "Forsiden › Bading › Landfalltjern"; the last is not a link.
struct Crumb {
    std::string text;
    std::string href;
};
Html breadcrumbs(const words::Words& say, const std::vector<Crumb>& crumbs);

/// A link that downloads, with type and size: "Last ned CSV".
Html download(std::string_view href, std::string_view text);

}  // namespace bypuls::pages
