#include "platform/publish/sensorthings/routes/openapi.h"

#include <nlohmann/json.hpp>

#include "platform/publish/sensorthings/model/schema.h"

namespace bypuls::sensorthings {
namespace {

using Tree = nlohmann::json;

Tree reference(std::string_view name) {
    return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

Tree schema_of(Content content) {
    switch (content) {
        case Content::text: return {{"type", "string"}};
        case Content::instant: return {{"type", Tree::array({"string", "null"})}, {"format", "date-time"}};
        case Content::time:
            return {{"type", "string"}, {"description", "an ISO 8601 instant, or two of them as from/to"}};
        case Content::geometry: return {{"type", "object"}, {"description", "GeoJSON where encodingType says so"}};
        case Content::json:
        case Content::result: return Tree::object();
    }
    return Tree::object();
}

Tree schema_of(const EntityType& type) {
    Tree properties{{"@iot.id", {{"type", "integer"}, {"format", "int64"}}},
                    {"@iot.selfLink", {{"type", "string"}, {"format", "uri"}}}};
    Tree required = Tree::array();
    for (const Property& property : type.properties) {
        properties[std::string(property.name)] = schema_of(property.content);
        if (property.mandatory) {
            required.push_back(property.name);
        }
    }
    for (const Navigation& navigation : type.navigations) {
        properties[std::string(navigation.name) + "@iot.navigationLink"] = {{"type", "string"}, {"format", "uri"}};
        const Tree target = reference(type_of(navigation.target).name);
        properties[std::string(navigation.name)] =
            navigation.many ? Tree{{"type", "array"}, {"items", target}} : target;
    }
    Tree schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) {
        schema["required"] = std::move(required);
    }
    return schema;
}

Tree answer(std::string_view words, const Tree& schema) {
    return {{"description", words}, {"content", {{"application/json", {{"schema", schema}}}}}};
}

Tree options() {
    Tree all = Tree::array();
    const auto add = [&](const char* name, const char* type, const char* words) {
        all.push_back({{"name", name}, {"in", "query"}, {"description", words}, {"schema", {{"type", type}}}});
    };
    add("$filter", "string", "result gt 20 and phenomenonTime ge 2026-06-01T00:00:00Z");
    add("$expand", "string", "Datastreams($select=name;$expand=Observations($top=1;$orderby=phenomenonTime desc))");
    add("$select", "string", "id,name,properties/owner");
    add("$orderby", "string", "phenomenonTime desc");
    add("$top", "integer", "at most 10 000");
    add("$skip", "integer", "rather follow @iot.nextLink");
    add("$count", "boolean", "adds @iot.count");
    add("$resultFormat", "string", "dataArray, CSV or GeoJSON");
    return all;
}

Tree operation(std::string_view words, Tree responses) {
    return {{"summary", words}, {"responses", std::move(responses)}};
}

Tree with_body(Tree operation, const Tree& schema) {
    operation["requestBody"] = {{"required", true}, {"content", {{"application/json", {{"schema", schema}}}}}};
    return operation;
}

Tree conditional(Tree operation) {
    operation["parameters"] = Tree::array({{{"name", "If-Match"},
                                            {"in", "header"},
                                            {"description", "the ETag of a GET of this address without options"},
                                            {"schema", {{"type", "string"}}}}});
    operation["responses"]["412"] = {{"description", "It has changed since"}};
    return operation;
}

void add_paths(Tree& paths, const EntityType& type, bool writable) {
    const std::string set(type.set);
    const std::string name(type.name);
    const Tree one = reference(type.name);
    const Tree page{{"type", "object"},
                    {"properties",
                     {{"value", {{"type", "array"}, {"items", one}}},
                      {"@iot.count", {{"type", "integer"}}},
                      {"@iot.nextLink", {{"type", "string"}}}}}};
    Tree of_set{{"get", operation("A page of " + set, {{"200", answer("A page", page)}})}};
    of_set["get"]["parameters"] = options();
    Tree of_one{
        {"get", operation("One " + name, {{"200", answer("The entity", one)}, {"404", {{"description", "None"}}}})},
        {"parameters",
         Tree::array({{{"name", "id"}, {"in", "path"}, {"required", true}, {"schema", {{"type", "integer"}}}}})}};
    if (writable) {
        of_set["post"] =
            with_body(operation("Make a " + name, {{"201", {{"description", "Made; see Location"}}}}), one);
        of_one["patch"] = conditional(with_body(operation("Change it", {{"200", {{"description", "Changed"}}}}), one));
        of_one["put"] = conditional(with_body(operation("Replace it", {{"200", {{"description", "Replaced"}}}}), one));
        of_one["delete"] =
            conditional(operation("Delete it with all that belongs to it", {{"200", {{"description", "Deleted"}}}}));
    }
    paths["/" + set] = std::move(of_set);
    paths["/" + set + "({id})"] = std::move(of_one);
}

}  // namespace

std::string openapi(const Form& form, bool writable) {
    Tree paths = Tree::object();
    Tree schemas = Tree::object();
    for (const EntityType& type : entity_types()) {
        schemas[std::string(type.name)] = schema_of(type);
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
        {"components", {{"schemas", std::move(schemas)}}}};
    return document.dump();
}

}  // namespace bypuls::sensorthings
