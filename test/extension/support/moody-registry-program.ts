/** moody-registry-program.ts PORT: says "ready" when it listens; answers in the mood that was the last line of its input, and says so. */
import { createServer, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import type { Mood } from "./moody-registry.ts";

let mood: Mood = "well";

const LISTS: Readonly<Record<string, unknown>> = {
  "/v2/": {},
  "/v2/_catalog": { repositories: ["team/app", "team/web"] },
  "/v2/team/app/tags/list": { name: "team/app", tags: ["1.0"] },
};

const ANSWERS: Readonly<Record<Exclude<Mood, "silent">, (response: ServerResponse, path: string) => void>> = {
  well: (response, path) => response.end(JSON.stringify(LISTS[path])),
  unauthorized: (response) => response.writeHead(401, { "www-authenticate": 'Basic realm="team"' }).end(),
  busy: (response) => response.writeHead(429, { "retry-after": "30" }).end(),
  rubbish: (response) => response.end("<html>Welcome to the hotel</html>"),
};

const server = createServer((request, response) => {
  const [path = ""] = (request.url ?? "").split("?");
  if (mood !== "silent") ANSWERS[mood](response, path);
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));

for await (const line of createInterface({ input: process.stdin })) {
  mood = line as Mood;
  console.log(mood);
}
