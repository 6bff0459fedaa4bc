#include "city/participation/recount/recount_page.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "city/participation/explanation/sentences.h"
#include "core/words/format.h"
#include "platform/pages/parts.h"

namespace bypuls::participation::recount {
namespace {

using nlohmann::json;
using pages::Html;
using pages::html;

/// "3 000 000 kroner", as the recount says it too. The library's budgets are whole kroner.
std::string money(const words::Words& say, const Exhibit& exhibit) {
    const std::string amount = words::count(say.language(), exhibit.budget / counting::one_krone);
    return exhibit.currency == "NOK" ? say("counting.kroner", {{"amount", amount}})
                                     : amount + "\u00a0" + exhibit.currency;
}

std::string message_key(const Exhibit& exhibit, std::string_view part = "") {
    return fmt::format("recount.library.{}{}", exhibit.slug, part);
}

std::string file_path(const Exhibit& exhibit, std::string_view ending) {
    return fmt::format("{}/{}.{}", library_path, exhibit.slug, ending);
}

/// "Flest stemmer først"; the rule's own name where no message has it.
std::string rule_text(const words::Words& say, const Exhibit& exhibit) {
    std::string key = "recount.rule." + exhibit.rule;
    std::ranges::replace(key, '-', '_');
    if (exhibit.by_points && exhibit.rule.starts_with("greedy")) {
        key += "_points";
    }
    std::string text = say.lookup(key);
    return text.starts_with('[') ? exhibit.rule : text;
}

Html how_to_check(const words::Words& say) {
    return html(R"(<section>
<h2 class="ds-heading" data-size="md">{}</h2>
<ol class="ds-list"><li>{}</li><li>{}</li><li>{}</li></ol>
<p>{}</p>
<p>{}</p>
</section>
)",
                say("recount.how_heading"), say("recount.how_1"), say("recount.how_2"), say("recount.how_3"),
                say("recount.trust"), say("recount.second"));
}

Html on_the_command_line(const words::Words& say, const Exhibit* exhibit) {
    const std::string name = exhibit != nullptr ? exhibit->slug : "valg";
    return html(R"(<section>
<h2 class="ds-heading" data-size="md">{}</h2>
<p>{}</p>
<pre class="bp-code" tabindex="0" role="group" aria-label="{}"><code>bypuls count {}.pb --explain
bypuls verify count {}.pb {}.json</code></pre>
</section>
)",
                say("recount.command_heading"), say("recount.command_text"), say("recount.command_heading"), name, name,
                name);
}

/// "«A», «B», «C» og 8 prosjekter til vant."
std::string who_won(const words::Words& say, const Exhibit& exhibit) {
    constexpr std::size_t named_max = 3;
    const std::size_t named = std::min(exhibit.winners.size(), named_max);
    const std::vector<std::string> quoted = explanation::quoted(say, std::span(exhibit.winners).first(named));
    if (quoted.empty()) {
        return say("recount.first.nobody");
    }
    if (const auto more = static_cast<std::int64_t>(exhibit.winners.size() - named); more > 0) {
        return say.plural("recount.first.won_more", more, {{"projects", fmt::format("{}", fmt::join(quoted, ", "))}});
    }
    return say("recount.first.won", {{"projects", explanation::listed(say, quoted)}});
}

Html entry(const words::Words& say, const Exhibit& exhibit) {
    const std::string size =
        words::quantity(say.language(), static_cast<double>(exhibit.ballots.size()) / 1000.0, 0, "kB");
    const std::string figures =
        say("recount.library.figures", {{"projects", say.plural("counting.projects", exhibit.projects)},
                                        {"ballots", say.plural("recount.ballots", exhibit.voters)},
                                        {"budget", money(say, exhibit)},
                                        {"rule", rule_text(say, exhibit)}});
    return html(R"(<li>
<h2 class="ds-heading" data-size="sm">{} {}</h2>
<p>{}</p>
<p class="bp-quiet">{}</p>
<p><strong>{}</strong> {}</p>
<p class="bp-quiet">{}</p>
<p><a class="ds-button" href="{}?valg={}">{}<span class="ds-sr-only">: {}</span></a></p>
<p>{} · {}</p>
</li>
)",
                say.lookup(message_key(exhibit)), pages::tag(say("parts.simulated"), "simulated"),
                say.lookup(message_key(exhibit, "_text")), figures, who_won(say, exhibit),
                exhibit.story.at(say.language()), say("recount.library.origin", {{"licence", exhibit.licence}}),
                recount_path, exhibit.slug, say("recount.library.open"), say.lookup(message_key(exhibit)),
                pages::download(file_path(exhibit, "pb"), say("recount.library.ballots_file", {{"size", size}})),
                pages::download(file_path(exhibit, "json"), say("recount.library.result_file")));
}

}  // namespace

pages::Page recount_page(const words::Words& say, const Exhibit* exhibit) {
    json props = json::object();
    if (exhibit != nullptr) {
        props["file"] = {{"href", file_path(*exhibit, "pb")}, {"name", exhibit->slug + ".pb"}, {"simulated", true}};
    }
    Html without_script = html("<p>{}</p>", say("recount.no_script"));
    if (exhibit != nullptr) {
        without_script +=
            html("<p>{} {}</p>", pages::tag(say("parts.simulated"), "simulated"), say("recount.simulated_one"));
    }
    const std::string link = exhibit != nullptr ? say("recount.library.back") : say("recount.try");
    Html body = html(R"(<h1 class="ds-heading" data-size="xl">{}</h1>
<p class="ds-paragraph" data-size="lg">{}</p>
<p><a class="ds-link" href="{}">{}</a></p>
)",
                     say("recount.title"), say("recount.lead"), library_path, link);
    body += pages::island("recount", props.dump(), without_script);
    body += how_to_check(say);
    body += on_the_command_line(say, exhibit);
    return {.language = say.language(),
            .title = say("recount.title"),
            .description = say("recount.description"),
            .path = recount_path,
            .query = exhibit != nullptr ? "valg=" + exhibit->slug : std::string(),
            .errand = "participation",
            .body = std::move(body),
            .simulated = exhibit != nullptr,
            .islands = {"recount"}};
}

pages::Page library_page(const words::Words& say, const std::vector<Exhibit>& exhibits) {
    Html body = pages::breadcrumbs(say, {{say("recount.title"), recount_path}, {say("recount.library.title"), ""}});
    body += html(R"(<h1 class="ds-heading" data-size="xl">{}</h1>
<p class="ds-paragraph" data-size="lg">{}</p>
)",
                 say("recount.library.title"), say("recount.library.lead"));
    body += pages::notice(say, pages::Tone::info, say("recount.library.simulated_heading"),
                          html(R"(<p>{}</p><p>{} <a class="ds-link" href="https://pabulib.org/">pabulib.org</a></p>)",
                               say("recount.library.simulated"), say("recount.library.real")));
    body += html("<ul class=\"bp-library\">{}</ul>\n",
                 pages::each(exhibits, [&](const Exhibit& exhibit) { return entry(say, exhibit); }));
    return {.language = say.language(),
            .title = say("recount.library.title"),
            .description = say("recount.library.lead"),
            .path = library_path,
            .errand = "participation",
            .body = std::move(body),
            .simulated = true};
}

}  // namespace bypuls::participation::recount
