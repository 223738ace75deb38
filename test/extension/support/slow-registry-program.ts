/** slow-registry-program.ts PORT: says "ready" when it listens, and "abandoned" when its layer is not wanted any more. */
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const LAYER_BYTES = 200 * 1024 * 1024;
const SENT_BYTES = 3 * 1024 * 1024;
const digestOf = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

const config = JSON.stringify({
  architecture: process.arch === "x64" ? "amd64" : process.arch,
  os: "linux",
  config: {},
  rootfs: { type: "layers", diff_ids: [digestOf("never")] },
});
const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf("never"), size: LAYER_BYTES };
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digestOf(config), size: config.length },
  layers: [layer],
});

const server = createServer((request, response) => {
  const url = request.url ?? "";
  if (url.includes("/manifests/")) {
    response.setHeader("content-type", "application/vnd.oci.image.manifest.v1+json");
    response.setHeader("docker-content-digest", digestOf(manifest));
    response.setHeader("content-length", manifest.length);
    return response.end(request.method === "HEAD" ? undefined : manifest);
  }
  if (url.endsWith(digestOf(config))) return response.end(config);
  if (url.endsWith(layer.digest)) {
    response.setHeader("content-length", LAYER_BYTES);
    response.write(Buffer.alloc(SENT_BYTES));
    return response.once("close", () => console.log("abandoned"));
  }
  return response.end("{}");
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
