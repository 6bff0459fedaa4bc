#include "platform/publish/developers/examples.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/check.h"

namespace bypuls::publish::developers {
namespace {

constexpr std::array examples{
    Example{
        .id = "latest",
        .language = "bash",
        .label = "curl",
        .code =
            R"x(curl '@origin@/sta/v1.1/Datastreams?$select=name,unitOfMeasurement&$expand=Observations($orderby=phenomenonTime%20desc;$top=1)')x",
        .path =
            "/sta/v1.1/Datastreams?$select=name,unitOfMeasurement&$expand=Observations($orderby=phenomenonTime%20desc;"
            "$top=1)"},
    Example{.id = "place",
            .language = "bash",
            .label = "curl",
            .code = "curl '@origin@/api/v1/places/@place@'",
            .path = "/api/v1/places/@place@"},
    Example{.id = "python", .language = "python", .label = "Python", .code = R"x(import json
from datetime import datetime, timedelta, timezone
from urllib.parse import quote
from urllib.request import urlopen

since = datetime.now(timezone.utc) - timedelta(days=1)
query = (f"$filter=phenomenonTime ge {since:%Y-%m-%dT%H:%M:%SZ}"
         "&$orderby=phenomenonTime&$select=phenomenonTime,result")
url = "@origin@/sta/v1.1/Datastreams(@datastream@)/Observations?" + quote(query, safe="$=&,")
while url:
    with urlopen(url) as answer:
        page = json.load(answer)
    for reading in page["value"]:
        print(reading["phenomenonTime"], reading["result"])
    url = page.get("@iot.nextLink"))x"},
    Example{
        .id = "r",
        .language = "r",
        .label = "R",
        .code =
            R"x(url <- "@origin@/sta/v1.1/Datastreams(@datastream@)/Observations?$resultFormat=csv&$select=phenomenonTime,result&$orderby=phenomenonTime%20desc&$top=200"
readings <- read.csv(url)
readings$phenomenonTime <- as.POSIXct(readings$phenomenonTime, format = "%Y-%m-%dT%H:%M:%OS", tz = "UTC")
print(summary(readings$result)))x",
        .path = "/sta/v1.1/Datastreams(@datastream@)/"
                "Observations?$resultFormat=csv&$select=phenomenonTime,result&$orderby=phenomenonTime%20desc&$top=200"},
    Example{.id = "javascript",
            .language = "javascript",
            .label = "JavaScript",
            .code = R"x(const since = new Date(Date.now() - 24 * 3600 * 1000).toISOString()
const query = new URLSearchParams({
  $filter: `phenomenonTime ge ${since}`,
  $orderby: 'phenomenonTime',
  $select: 'phenomenonTime,result',
})
let url = `@origin@/sta/v1.1/Datastreams(@datastream@)/Observations?${query}`
while (url) {
  const page = await (await fetch(url)).json()
  for (const { phenomenonTime, result } of page.value) console.log(phenomenonTime, result)
  url = page['@iot.nextLink']
})x"},
    Example{
        .id = "powerquery",
        .language = "powerquery",
        .label = "Power Query M",
        .code = R"x(let
  Source = Csv.Document(
    Web.Contents("@origin@/sta/v1.1/Datastreams(@datastream@)/Observations?$resultFormat=csv&$select=phenomenonTime,result&$orderby=phenomenonTime%20desc&$top=10000"),
    [Delimiter = ",", Encoding = 65001]),
  Readings = Table.PromoteHeaders(Source),
  Typed = Table.TransformColumnTypes(Readings, {{"phenomenonTime", type datetimezone}, {"result", type number}}, "en-US")
in
  Typed)x",
        .path =
            "/sta/v1.1/Datastreams(@datastream@)/"
            "Observations?$resultFormat=csv&$select=phenomenonTime,result&$orderby=phenomenonTime%20desc&$top=10000"},
    Example{.id = "history",
            .language = "bash",
            .label = "curl",
            .code = "curl -o @place@.csv "
                    "'@origin@/api/v1/places/@place@/series.csv?property=@property@&from=2025-01-01T00:00:00Z'"},
    Example{
        .id = "live", .language = "bash", .label = "curl", .code = "curl -N '@origin@/live?datastream=@datastream@'"},
    Example{.id = "live-javascript",
            .language = "javascript",
            .label = "JavaScript",
            .code = R"x(const live = new EventSource('@origin@/live?datastream=@datastream@')
live.addEventListener('observation', (event) => {
  const { phenomenonTime, result } = JSON.parse(event.data)
  console.log(phenomenonTime, result)
}))x"},
    Example{.id = "key-made",
            .language = "bash",
            .label = "bash",
            .code = "export BYPULS_KEY=$(@key_command@ | tail -n 1)"},
    Example{.id = "key-given", .language = "bash", .label = "bash", .code = "export BYPULS_KEY=byp_…"},
    Example{.id = "make", .language = "bash", .label = "curl", .code = R"x(curl -i '@origin@/sta/v1.1/Things' \
  -H "Authorization: Bearer $BYPULS_KEY" -H 'Content-Type: application/json' -d '{
    "name": "Water gauge", "description": "At the old bridge",
    "Locations": [{
      "name": "The old bridge", "description": "South bank", "encodingType": "application/geo+json",
      "location": {"type": "Point", "coordinates": [10.2045, 59.7440]}
    }],
    "Datastreams": [{
      "name": "Water level", "description": "Above the bed",
      "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
      "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "m"},
      "ObservedProperty": {"name": "water_level", "definition": "https://example.org/water_level", "description": "Water level"},
      "Sensor": {"name": "Gauge 7", "description": "Radar", "encodingType": "text/html", "metadata": "https://example.org/gauge"}
    }]
  }')x"},
    Example{.id = "find",
            .language = "bash",
            .label = "curl",
            .code =
                R"x(curl -G '@origin@/sta/v1.1/Datastreams' -H "Authorization: Bearer $BYPULS_KEY" \
  --data-urlencode '$select=id,name' --data-urlencode "\$filter=name eq 'Water level'")x"},
    Example{.id = "send",
            .language = "bash",
            .label = "curl",
            .code = R"x(curl -i "@origin@/sta/v1.1/Datastreams($DATASTREAM)/Observations" \
  -H "Authorization: Bearer $BYPULS_KEY" -H 'Content-Type: application/json' \
  -d '{"result": 1.25, "phenomenonTime": "2026-11-25T10:00:00Z"}')x"},
    Example{.id = "send-lines",
            .language = "bash",
            .label = "curl",
            .code = R"x(curl -i '@origin@/ingest/lines?precision=s' -H "Authorization: Bearer $BYPULS_KEY" \
  --data-binary 'gauge,site=bridge level=1.25 1795600800')x"},
    Example{.id = "webhook-make", .language = "bash", .label = "curl", .code = R"x(curl -i '@origin@/api/v1/webhooks' \
  -H "Authorization: Bearer $BYPULS_KEY" -H 'Content-Type: application/json' \
  -d '{"url": "https://example.org/hook", "places": ["@place@"]}')x"},
    Example{.id = "webhook-check",
            .language = "python",
            .label = "Python",
            .code = R"x(import base64, hashlib, hmac, os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

secret = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))

class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seconds = self.headers["webhook-timestamp"]
        signed = f"{self.headers['webhook-id']}.{seconds}.".encode() + body
        wanted = "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
        signatures = self.headers["webhook-signature"].split()
        good = abs(time.time() - int(seconds)) < 300 and any(hmac.compare_digest(wanted, one) for one in signatures)
        self.send_response(204 if good else 403)
        self.end_headers()
        if good:
            print(body.decode(), flush=True)

HTTPServer(("", int(os.environ.get("PORT", 8000))), Hook).serve_forever())x"},
    Example{
        .id = "subscribe",
        .language = "bash",
        .label = "mosquitto_sub",
        .code = R"x(mosquitto_sub @mqtt@ -u me -P "$BYPULS_KEY" -v -t 'v1.1/Datastreams(@datastream@)/Observations')x"},
    Example{.id = "publish",
            .language = "bash",
            .label = "mosquitto_pub",
            .code = R"x(mosquitto_pub @mqtt@ -u me -P "$BYPULS_KEY" -q 1 \
  -t "v1.1/Datastreams($DATASTREAM)/Observations" -m '{"result": 1.31}')x"},
    Example{
        .id = "subscribe-own",
        .language = "bash",
        .label = "mosquitto_sub",
        .code = R"x(mosquitto_sub @mqtt@ -u me -P "$BYPULS_KEY" -v -t "v1.1/Datastreams($DATASTREAM)/Observations")x"},
};

std::string door_options(const MqttDoor& door) {
    return fmt::format("-h {} -p {}{}", door.host, door.port, door.tls ? " --capath /etc/ssl/certs" : "");
}

}  // namespace

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || std::string_view(".:-_/[]@").contains(letter);
    });
}

const Example& example(std::string_view id) {
    const auto* const found = std::ranges::find(examples, id, &Example::id);
    check(found != examples.end(), "an example of the page is among the examples");
    return *found;
}

std::string filled(std::string_view text, const Filling& filling) {
    const std::array<std::pair<std::string_view, std::string>, 6> values{{
        {"@origin@", filling.origin},
        {"@datastream@", fmt::to_string(filling.datastream)},
        {"@place@", filling.place},
        {"@property@", filling.property},
        {"@mqtt@", filling.mqtt ? door_options(*filling.mqtt) : ""},
        {"@key_command@", filling.key_command},
    }};
    std::string out(text);
    for (const auto& [mark, value] : values) {
        for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at + value.size())) {
            out.replace(at, mark.size(), value);
        }
    }
    return out;
}

}  // namespace bypuls::publish::developers
