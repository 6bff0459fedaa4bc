// Writes api/openapi.yaml as JSON to where the web app's build takes it along: it is served as /api/openapi.json.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";

mkdirSync("web/public/api", { recursive: true });
writeFileSync("web/public/api/openapi.json", JSON.stringify(parse(readFileSync("api/openapi.yaml", "utf8"))));
