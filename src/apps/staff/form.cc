#include "apps/staff/form.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.h"

namespace bypuls::staff {
namespace {

using nlohmann::json;

constexpr std::size_t faults_max = 20;

std::size_t characters_in(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string Said::in(words::Language language) const {
    switch (language) {
        case words::Language::nb: return std::string(nb);
        case words::Language::nn: return std::string(nn);
        case words::Language::en: return std::string(en);
    }
    return std::string(nb);
}

Form::Form(const http::Request& request) : request_(request) {
    if (request.content_type() != "application/json") {
        wrong_type_ = true;
        return;
    }
    json body = json::parse(request.body, nullptr, /*allow_exceptions=*/false);
    if (body.is_object()) {
        body_ = std::move(body);
    } else {
        fault("", Said{"Innholdet er ikke et JSON-objekt.", "Innhaldet er ikkje eit JSON-objekt.",
                       "The body is not a JSON object."});
    }
}

const json* Form::find(const std::string& name) {
    known_.insert(name);
    const auto found = body_.find(name);
    return found == body_.end() ? nullptr : &*found;
}

std::string Form::line(const std::string& name, std::size_t min, std::size_t max) {
    const json* member = find(name);
    if (member == nullptr || !member->is_string()) {
        fault(name, Said{"Må være en tekst.", "Må vere ein tekst.", "Must be text."});
        return {};
    }
    std::string text(trim(member->get_ref<const std::string&>()));
    const std::size_t length = characters_in(text);
    if (length < min || length > max) {
        fault(name,
              Said{fmt::format("Må ha {} til {} tegn.", min, max), fmt::format("Må ha {} til {} teikn.", min, max),
                   fmt::format("Must have {} to {} characters.", min, max)});
    }
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; })) {
        fault(name, Said{"Kan ikke ha linjeskift eller styretegn.", "Kan ikkje ha linjeskift eller styreteikn.",
                         "May not have line breaks or control characters."});
    }
    return text;
}

std::string Form::text(const std::string& name, std::size_t max) {
    const json* member = find(name);
    if (member == nullptr || !member->is_string()) {
        fault(name, Said{"Må være en tekst.", "Må vere ein tekst.", "Must be text."});
        return {};
    }
    if (member->get_ref<const std::string&>().size() > max) {
        fault(name, Said{fmt::format("Er lengre enn {} byte.", max), fmt::format("Er lengre enn {} byte.", max),
                         fmt::format("Is longer than {} bytes.", max)});
        return {};
    }
    return member->get<std::string>();
}

std::int64_t Form::whole(const std::string& name, std::int64_t low, std::int64_t high) {
    const json* member = find(name);
    if (member == nullptr || !member->is_number_integer() ||
        (member->is_number_unsigned() && member->get<std::uint64_t>() > static_cast<std::uint64_t>(high)) ||
        member->get<std::int64_t>() < low || member->get<std::int64_t>() > high) {
        fault(name, Said{fmt::format("Må være et helt tall fra {} til {}.", low, high),
                         fmt::format("Må vere eit heilt tal frå {} til {}.", low, high),
                         fmt::format("Must be a whole number from {} to {}.", low, high)});
        return 0;
    }
    return member->get<std::int64_t>();
}

double Form::number(const std::string& name, double low, double high) {
    const json* member = find(name);
    const double value = member != nullptr && member->is_number() ? member->get<double>() : low - 1;
    if (!(value >= low && value <= high)) {
        fault(name, Said{fmt::format("Må være et tall fra {} til {}.", low, high),
                         fmt::format("Må vere eit tal frå {} til {}.", low, high),
                         fmt::format("Must be a number from {} to {}.", low, high)});
        return 0;
    }
    return value;
}

bool Form::flag(const std::string& name, bool otherwise) {
    const json* member = find(name);
    if (member == nullptr) {
        return otherwise;
    }
    if (!member->is_boolean()) {
        fault(name, Said{"Må være true eller false.", "Må vere true eller false.", "Must be true or false."});
        return otherwise;
    }
    return member->get<bool>();
}

std::optional<std::string> Form::line_or_null(const std::string& name, std::size_t max) {
    const json* member = find(name);
    if (member == nullptr || member->is_null()) {
        return std::nullopt;
    }
    return line(name, 1, max);
}

json Form::any(const std::string& name) {
    const json* member = find(name);
    return member == nullptr ? json() : *member;
}

void Form::fault(const std::string& name, const Said& what) {
    fault(name, what.in(request_.language));
}

void Form::fault(const std::string& name, std::string what) {
    faults_.push_back({name.empty() ? "" : "/" + name, std::move(what)});
}

std::optional<http::Response> Form::refusal() {
    if (wrong_type_) {
        return http::problem(request_, 415, "unsupported-type", "Content-Type: application/json");
    }
    for (const auto& [name, value] : body_.items()) {
        if (!known_.contains(name) && faults_.size() < faults_max) {
            fault(name.substr(0, 100), Said{"Er et ukjent felt.", "Er eit ukjent felt.", "Is an unknown member."});
        }
    }
    if (faults_.empty()) {
        return std::nullopt;
    }
    http::Problem problem{.status = 400, .type = "bad-request", .errors = faults_};
    for (const http::Fault& one : faults_) {
        problem.detail += problem.detail.empty() ? "" : " ";
        problem.detail += one.where.empty() ? one.what : fmt::format("{}: {}", one.where.substr(1), one.what);
    }
    return http::problem(request_, std::move(problem));
}

}  // namespace bypuls::staff
