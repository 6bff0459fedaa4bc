#include "platform/pages/parts.h"

namespace bypuls::pages {

using words::Words;

namespace {

Html control(const Field& field, const Html& attributes) {
    if (field.type == "textarea") {
        return html(R"(<textarea class="ds-input" {}>{}</textarea>)", attributes, field.value);
    }
    if (field.type == "select") {
        const Html options = each(field.choices, [&](const auto& choice) {
            return html(R"(<option value="{}"{}>{}</option>)", choice.first,
                        when(choice.first == field.value, html(" selected")), choice.second);
        });
        return html(R"(<select class="ds-input" {}>{}</select>)", attributes, options);
    }
    return html(R"(<input class="ds-input" type="{}" value="{}" {}>)", field.type, field.value, attributes);
}

}  // namespace

Html field(const Words& say, const Field& field) {
    Html attributes = html(R"(id="{}" name="{}")", field.name, field.name);
    attributes += when(field.required, html(" required"));
    attributes += when(!field.autocomplete.empty(), html(R"( autocomplete="{}")", field.autocomplete));
    attributes += when(!field.error.empty(), html(" aria-invalid=\"true\""));
    if (!field.hint.empty() || !field.error.empty()) {
        attributes += html(R"( aria-describedby="{}{}{}{}")", when(!field.hint.empty(), html("{}-hint", field.name)),
                           when(!field.hint.empty() && !field.error.empty(), html(" ")),
                           when(!field.error.empty(), html("{}-error", field.name)), "");
    }
    return html(R"(<div class="ds-field"><label class="ds-label" for="{}">{}{}</label>{}{}{}</div>
)",
                field.name, field.label, when(!field.required, html(" {}", say("parts.optional"))),
                when(!field.hint.empty(),
                     html(R"(<div data-field="description" id="{}-hint">{}</div>)", field.name, field.hint)),
                control(field, attributes),
                when(!field.error.empty(),
                     html(R"(<div class="ds-validation-message" data-field="validation" id="{}-error">{}</div>)",
                          field.name, field.error)));
}

Html form(const Form& form, const Html& fields) {
    return html(
        R"(<form class="bp-form" action="{}" method="{}">
{}{}<button class="ds-button" type="submit">{}</button>
</form>
)",
        form.action, form.method,
        when(!form.csrf_token.empty(), html(R"(<input type="hidden" name="csrf_token" value="{}">)", form.csrf_token)),
        fields, form.button);
}

Html confirm(const Words& say, const Form& question, std::string_view heading, std::string_view consequence,
             std::string_view back_href) {
    return html(R"(<h1>{}</h1>
<p class="bp-lead">{}</p>
{}<p><a class="ds-link" href="{}">{}</a></p>
)",
                heading, consequence, form(question, Html()), back_href, say("parts.go_back"));
}

}  // namespace bypuls::pages
