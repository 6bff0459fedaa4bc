#include "platform/publish/sensorthings/routes/openapi.h"

#include <initializer_list>

#include <nlohmann/json.hpp>

#include "platform/publish/sensorthings/model/schema.h"
#include "platform/publish/sensorthings/routes/batch.h"
#include "platform/publish/sensorthings/write/data_array.h"

namespace bypuls::sensorthings {
namespace {

using Tree = nlohmann::json;

Tree component(std::string_view kind, std::string_view name) {
    return {{"$ref", "#/components/" + std::string(kind) + "/" + std::string(name)}};
}

Tree schema(std::string_view name) {
    return component("schemas", name);
}

Tree list_of(Tree items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}

Tree text() {
    return {{"type", "string"}};
}

Tree address() {
    return {{"type", "string"}, {"format", "uri"}};
}

// --- entities --------------------------------------------------------------------------------------------------------

Tree schema_of(Content content) {
    switch (content) {
        case Content::text: return text();
        case Content::instant: return {{"type", Tree::array({"string", "null"})}, {"format", "date-time"}};
        case Content::time:
            return {{"type", Tree::array({"string", "null"})},
                    {"description", "an ISO 8601 instant, or two of them as from/to"}};
        case Content::geometry: return {{"type", "object"}, {"description", "GeoJSON where encodingType says so"}};
        case Content::json:
        case Content::result: return Tree::object();
    }
    return Tree::object();
}

Tree control_information() {
    return {{"@iot.id", {{"type", "integer"}, {"format", "int64"}}}, {"@iot.selfLink", address()}};
}

/// As it is answered: whole, or what $select leaves, with what $expand puts inside.
Tree answered(const EntityType& type) {
    Tree properties = control_information();
    for (const Property& property : type.properties) {
        properties[std::string(property.name)] = schema_of(property.content);
    }
    for (const Navigation& navigation : type.navigations) {
        const std::string name(navigation.name);
        const Tree target = schema(type_of(navigation.target).name);
        properties[name + "@iot.navigationLink"] = address();
        properties[name] = navigation.many ? list_of(target) : target;
        if (navigation.many) {
            properties[name + "@iot.count"] = {{"type", "integer"}};
            properties[name + "@iot.nextLink"] = address();
        }
    }
    return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

/// As it is sent: with other entities inside it, or links to them. `whole`: to be made, not changed.
Tree sent(const EntityType& type, bool whole) {
    Tree properties = Tree::object();
    Tree required = Tree::array();
    for (const Property& property : type.properties) {
        if (!property.writable) {
            continue;
        }
        properties[std::string(property.name)] = schema_of(property.content);
        if (property.mandatory) {
            required.push_back(property.name);
        }
    }
    for (const Navigation& navigation : type.navigations) {
        const Tree inline_or_link =
            whole ? Tree{{"anyOf", {schema("Link"), schema("New" + std::string(type_of(navigation.target).name))}}}
                  : schema("Link");
        properties[std::string(navigation.name)] = navigation.many ? list_of(inline_or_link) : inline_or_link;
    }
    Tree made{{"type", "object"},
              {"description", "Members with an @ in their name are taken and have no effect: ids are the service's."},
              {"properties", std::move(properties)},
              {"patternProperties", {{"@", Tree::object()}}},
              {"additionalProperties", false}};
    if (whole && !required.empty()) {
        made["required"] = std::move(required);
    }
    return made;
}

Tree page_of(const EntityType& type) {
    return {
        {"type", "object"},
        {"required", {"value"}},
        {"properties",
         {{"value", list_of(schema(type.name))}, {"@iot.count", {{"type", "integer"}}}, {"@iot.nextLink", address()}}},
        {"additionalProperties", false}};
}

// --- answers and questions -------------------------------------------------------------------------------------------

Tree answer(std::string_view words, const Tree& of, std::string_view media_type = "application/json") {
    return {{"description", words}, {"content", {{std::string(media_type), {{"schema", of}}}}}};
}

Tree nothing(std::string_view words) {
    return {{"description", words}};
}

Tree operation(std::string_view words, Tree responses, std::initializer_list<std::string_view> faults) {
    for (const std::string_view fault : faults) {
        responses[std::string(fault)] = component("responses", "Problem" + std::string(fault));
    }
    return {{"summary", words}, {"responses", std::move(responses)}};
}

Tree reading(std::string_view words, Tree responses) {
    Tree made = operation(words, std::move(responses), {"400", "401", "404", "503"});
    made["security"] = {Tree::object(), {{"key", Tree::array()}}, {{"session", Tree::array()}}};
    return made;
}

Tree changing(std::string_view words, Tree responses, std::initializer_list<std::string_view> faults) {
    Tree made = operation(words, std::move(responses), faults);
    made["security"] = {{{"key", Tree::array()}}, {{"session", Tree::array()}}};
    return made;
}

Tree taking(Tree operation, const Tree& body, std::string_view media_type = "application/json") {
    operation["requestBody"]["required"] = true;
    operation["requestBody"]["content"][std::string(media_type)] = {{"schema", body}};
    return operation;
}

Tree with(Tree operation, std::initializer_list<std::string_view> parameters) {
    for (const std::string_view name : parameters) {
        operation["parameters"].push_back(component("parameters", name));
    }
    return operation;
}

Tree parameter(std::string_view name, std::string_view in, Tree of, std::string_view words) {
    return {{"name", name}, {"in", in}, {"required", in == "path"}, {"schema", std::move(of)}, {"description", words}};
}

Tree parameters() {
    const Tree number{{"type", "integer"}, {"minimum", 0}};
    const Tree truth{{"type", "boolean"}};
    return {
        {"id", parameter("id", "path", {{"type", "integer"}, {"format", "int64"}}, "of the entity")},
        {"filter", parameter("$filter", "query", text(), "result gt 20 and phenomenonTime ge 2026-06-01T00:00:00Z")},
        {"expand", parameter("$expand", "query", text(),
                             "Datastreams($select=name;$expand=Observations($top=1;$orderby=phenomenonTime desc))")},
        {"select", parameter("$select", "query", text(), "id,name,properties/owner; or distinct:name")},
        {"distinct", parameter("$distinct", "query", text(), "name: each value once, as $select=distinct:name")},
        {"orderby", parameter("$orderby", "query", text(), "phenomenonTime desc")},
        {"top", parameter("$top", "query", number, "at most 10 000")},
        {"skip", parameter("$skip", "query", number, "rather follow @iot.nextLink")},
        {"count", parameter("$count", "query", truth, "adds @iot.count")},
        {"skiptoken", parameter("$skiptoken", "query", text(), "of @iot.nextLink")},
        {"resultFormat",
         parameter("$resultFormat", "query", {{"type", "string"}, {"enum", {"json", "dataArray", "csv", "geojson"}}},
                   "dataArray is for Observations")},
        {"ifMatch", parameter("If-Match", "header", text(), "the ETag of a GET of this address without options")},
        {"prefer", parameter("Prefer", "header", text(), "return=representation is answered with the entity")},
    };
}

Tree responses() {
    Tree made = Tree::object();
    const auto add = [&](const char* status, const char* words) {
        made["Problem" + std::string(status)] = answer(words, schema("Problem"), "application/problem+json");
    };
    add("400", "The question or the body is wrong, or asks for too much at once; the detail says where and what");
    add("401", "The key or session is not known, or one is needed");
    add("403", "The key or session may not do this");
    add("404", "There is no such entity, set or property");
    add("409", "Contradicts what is there");
    add("412", "It has changed since");
    add("413", "The body is too large, or has more in it than one request may bring; the detail says how much that is");
    add("503", "What is sent cannot be kept at the moment, or the service is starting");
    return made;
}

// --- paths -----------------------------------------------------------------------------------------------------------

Tree set_reading(const EntityType& type) {
    Tree as{{"application/json", {{"schema", schema(std::string(type.name) + "Page")}}},
            {"text/csv", {{"schema", text()}}},
            {"application/geo+json", {{"schema", schema("FeatureCollection")}}}};
    if (type.kind == Kind::observation) {
        as["application/json"]["schema"] = {{"anyOf", {schema("ObservationPage"), schema("DataArrays")}}};
    }
    Tree page{{"description", "A page"},
              {"headers",
               {{"Link", {{"description", "the next page of CSV and GeoJSON, rel=\"next\""}, {"schema", text()}}}}},
              {"content", std::move(as)}};
    return with(
        reading("A page of " + std::string(type.set), {{"200", std::move(page)}}),
        {"filter", "expand", "select", "distinct", "orderby", "top", "skip", "count", "skiptoken", "resultFormat"});
}

Tree one_reading(const EntityType& type) {
    return with(reading("One " + std::string(type.name), {{"200", answer("The entity", schema(type.name))}}),
                {"expand", "select"});
}

Tree making(const EntityType& type) {
    Tree made{{"description", "Made, and on disk"},
              {"headers", {{"Location", {{"description", "of the new entity"}, {"schema", address()}}}}},
              {"content", {{"application/json", {{"schema", schema(type.name)}}}}}};
    return taking(with(changing("Make one of " + std::string(type.set) + ", with what stands inside it",
                                {{"201", std::move(made)}}, {"400", "401", "403", "404", "409", "413", "503"}),
                       {"prefer"}),
                  schema("New" + std::string(type.name)));
}

Tree updating(const EntityType& type, std::string_view words, std::string_view body) {
    return taking(
        with(
            changing(words, {{"200", answer("Done, and on disk; the entity where it is preferred", schema(type.name))}},
                     {"400", "401", "403", "404", "409", "412", "413", "503"}),
            {"ifMatch", "prefer"}),
        schema(body));
}

/// A set wherever it stands, with what can be asked of it as a whole.
void add_set(Tree& paths, const std::string& path, const EntityType& type, const Tree& above, bool writable) {
    Tree set{{"get", set_reading(type)}};
    if (writable) {
        set["post"] = making(type);
        set["delete"] =
            with(changing("Delete what the filter leaves", {{"200", answer("How many there were", schema("Deleted"))}},
                          {"400", "401", "403", "404", "412"}),
                 {"filter"});
    }
    Tree references{{"get", with(reading("Where each is", {{"200", answer("Addresses", schema("References"))}}),
                                 {"filter", "orderby", "top", "skip", "count", "skiptoken"})}};
    Tree count{
        {"get", with(reading("How many there are", {{"200", answer("A number", text(), "text/plain")}}), {"filter"})}};
    const auto put = [&](const char* end, Tree item) {
        if (!above.empty()) {
            item["parameters"] = above;
        }
        paths[path + end] = std::move(item);
    };
    put("", std::move(set));
    put("/$ref", std::move(references));
    put("/$count", std::move(count));
}

void add_properties(Tree& paths, const std::string& path, const EntityType& type, const Tree& id) {
    Tree names = Tree::array();
    for (const Property& property : type.properties) {
        names.push_back(property.name);
    }
    const Tree above{id, parameter("property", "path", {{"type", "string"}, {"enum", std::move(names)}},
                                   "JSON goes on below it: properties/owner/name")};
    const Tree none = nothing("It has no value");
    paths[path + "/{property}"] = {
        {"get", reading("One property", {{"200", answer("Its name and value", {{"type", "object"}})}, {"204", none}})},
        {"parameters", above}};
    paths[path + "/{property}/$value"] = {
        {"get", reading("Its bare value", {{"200", answer("The value", text(), "text/plain")}, {"204", none}})},
        {"parameters", above}};
}

void add_paths(Tree& paths, const EntityType& type, bool writable) {
    const std::string set = "/" + std::string(type.set);
    const std::string one = set + "({id})";
    const Tree id = component("parameters", "id");
    add_set(paths, set, type, Tree::array(), writable);
    Tree of_one{{"get", one_reading(type)}, {"parameters", Tree::array({id})}};
    if (writable) {
        of_one["patch"] = taking(updating(type, "Change what the body names", "Change" + std::string(type.name)),
                                 schema("JsonPatch"), "application/json-patch+json");
        of_one["put"] = updating(type, "Replace it; its relations stay", "New" + std::string(type.name));
        of_one["delete"] = with(changing("Delete it with what cannot be without it", {{"200", nothing("Deleted")}},
                                         {"400", "401", "403", "404", "412"}),
                                {"ifMatch"});
    }
    paths[one] = std::move(of_one);
    paths[one + "/$ref"] = {{"get", reading("Where it is", {{"200", answer("An address", schema("Reference"))}})},
                            {"parameters", Tree::array({id})}};
    for (const Navigation& navigation : type.navigations) {
        const EntityType& target = type_of(navigation.target);
        const std::string path = one + "/" + std::string(navigation.name);
        if (navigation.many) {
            add_set(paths, path, target, Tree::array({id}), writable);
            continue;
        }
        paths[path] = {{"get", one_reading(target)}, {"parameters", Tree::array({id})}};
        paths[path + "/$ref"] = {{"get", reading("Where it is", {{"200", answer("An address", schema("Reference"))}})},
                                 {"parameters", Tree::array({id})}};
    }
    add_properties(paths, one, type, id);
}

void add_service_paths(Tree& paths, bool writable) {
    paths["/"] = {{"get", reading("The sets, and what the service fulfils",
                                  {{"200", answer("The service root", schema("ServiceRoot"))}})}};
    paths["/api"] = {{"get", reading("This description", {{"200", answer("OpenAPI 3.1", {{"type", "object"}})}})}};
    Tree batch = operation("Several requests at once (18-088 §13), at most " + std::to_string(batch::parts_max) +
                               ", which together cost no more than one question may",
                           {{"200", answer("An answer for each, in the form of the request", schema("BatchAnswers"))}},
                           {"400", "401", "413", "503"});
    batch["responses"]["200"]["content"]["multipart/mixed"] = {{"schema", text()}};
    batch["security"] = {Tree::object(), {{"key", Tree::array()}}, {{"session", Tree::array()}}};
    paths["/$batch"] = {{"post", taking(taking(std::move(batch), schema("Batch")), text(), "multipart/mixed")}};
    if (writable) {
        paths["/CreateObservations"] = {
            {"post",
             taking(changing("Many observations (18-088 §14.2), at most " + std::to_string(array_rows_max) +
                                 "; 413 beyond, and none is kept",
                             {{"201", answer("For each row its address, or \"error\" and why", list_of(text()))}},
                             {"400", "401", "403", "413", "503"}),
                    schema("NewDataArrays"))}};
    }
}

// --- what is no entity -----------------------------------------------------------------------------------------------

Tree object(Tree properties, Tree required) {
    return {{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}};
}

void add_shared_schemas(Tree& schemas) {
    const Tree whole{{"type", "integer"}, {"format", "int64"}};
    const Tree anything = Tree::object();
    const Tree rows = list_of({{"type", "array"}});
    schemas["Problem"] = object({{"type", text()},
                                 {"title", text()},
                                 {"status", whole},
                                 {"detail", text()},
                                 {"what_to_do", text()},
                                 {"instance", text()}},
                                {"type", "title", "status", "detail"});
    schemas["Link"] = object({{"@iot.id",
                               {{"type", Tree::array({"integer", "string"})},
                                {"description", "\"$1\" in a change set: what its part 1 makes"}}}},
                             {"@iot.id"});
    schemas["Reference"] = object({{"@iot.selfLink", address()}}, {"@iot.selfLink"});
    schemas["References"] = object(
        {{"value", list_of(schema("Reference"))}, {"@iot.count", whole}, {"@iot.nextLink", address()}}, {"value"});
    schemas["Deleted"] = object({{"deleted", whole}}, {"deleted"});
    schemas["ServiceRoot"] =
        object({{"value", list_of(object({{"name", text()}, {"url", address()}}, {"name", "url"}))},
                {"serverSettings", {{"type", "object"}}}},
               {"value"});
    schemas["FeatureCollection"] =
        object({{"type", {{"const", "FeatureCollection"}}}, {"features", list_of({{"type", "object"}})}},
               {"type", "features"});
    schemas["DataArrays"] =
        object({{"value",
                 list_of(object({{"components", list_of(text())}, {"dataArray", rows}, {"dataArray@iot.count", whole}},
                                {"components", "dataArray"}))},
                {"@iot.count", whole},
                {"@iot.nextLink", address()}},
               {"value"});
    schemas["NewDataArrays"] = list_of(object({{"Datastream", schema("Link")},
                                               {"MultiDatastream", schema("Link")},
                                               {"components", list_of(text())},
                                               {"dataArray", rows},
                                               {"dataArray@iot.count", whole}},
                                              {"components", "dataArray"}));
    schemas["JsonPatch"] = list_of(object({{"op", {{"enum", {"add", "remove", "replace", "move", "copy", "test"}}}},
                                           {"path", text()},
                                           {"from", text()},
                                           {"value", anything}},
                                          {"op", "path"}));
    schemas["Batch"] = object(
        {{"requests",
          list_of(object(
              {{"id", text()}, {"method", text()}, {"url", text()}, {"atomicityGroup", text()}, {"body", anything}},
              {"method", "url"}))}},
        {"requests"});
    schemas["BatchAnswers"] = object(
        {{"responses", list_of(object({{"id", text()}, {"status", whole}, {"location", address()}, {"body", anything}},
                                      {"id", "status"}))}},
        {"responses"});
}

}  // namespace

std::string openapi(const Form& form, bool writable) {
    Tree paths = Tree::object();
    Tree schemas = Tree::object();
    add_service_paths(paths, writable);
    add_shared_schemas(schemas);
    for (const EntityType& type : entity_types()) {
        const std::string name(type.name);
        schemas[name] = answered(type);
        schemas[name + "Page"] = page_of(type);
        if (writable) {
            schemas["New" + name] = sent(type, true);
            schemas["Change" + name] = sent(type, false);
        }
        add_paths(paths, type, writable);
    }
    const Tree document{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "OGC SensorThings API"},
          {"version", form.v1_0 ? "1.0" : "1.1"},
          {"description", "OGC 18-088. Ids of observations are computed; keep them as 64-bit integers."}}},
        {"servers", Tree::array({{{"url", form.root}}})},
        {"paths", std::move(paths)},
        {"components",
         {{"schemas", std::move(schemas)},
          {"parameters", parameters()},
          {"responses", responses()},
          {"securitySchemes",
           {{"key",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description",
               "an API key: read for what is internal, ingest for observations, admin for all changes"}}},
            {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-bypuls"}}}}}}}};
    return document.dump();
}

}  // namespace bypuls::sensorthings
