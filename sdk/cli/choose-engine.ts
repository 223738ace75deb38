import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TlsMaterial } from "../transport/endpoint.ts";
import type { ApiClient } from "../client/api/api-client.ts";
import { connectClient } from "../engine/connect-client.ts";
import { CommandFailure } from "./exit.ts";
import type { GlobalOptions } from "./globals.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The engine of the flags, the environment and the docker contexts, in docker's order of precedence.
 * @throws CommandFailure for flags that contradict each other; EngineUnavailable.
 */
export async function chooseEngine(globals: GlobalOptions, env: Environment, configFolder: string): Promise<ApiClient> {
  if (globals.host.length > 1) throw new CommandFailure("specify only one -H");
  if (globals.host.length > 0 && globals.context !== undefined)
    throw new CommandFailure("conflicting options: cannot specify both --host and --context");
  const tls = await tlsOf(globals, env, configFolder);
  const host = globals.host[0] ?? (tls === undefined || globals.context !== undefined ? undefined : env["DOCKER_HOST"]);
  return await connectClient({
    host,
    tls,
    context: globals.context,
    env: { ...env, DOCKER_CONFIG: configFolder },
    apiVersion: env["DOCKER_API_VERSION"],
  });
}

/** Certificates of the `--tls*` flags; undefined when none was given, and the environment decides. */
async function tlsOf(globals: GlobalOptions, env: Environment, configFolder: string): Promise<TlsMaterial | undefined> {
  const { tls, tlsverify, tlscacert, tlscert, tlskey } = globals;
  if (!tls && !tlsverify && tlscacert === undefined && tlscert === undefined && tlskey === undefined) return undefined;
  const folder = env["DOCKER_CERT_PATH"] || configFolder;
  // A file that was named must be there; those of the folder are taken where they are.
  const read = async (given: string | undefined, name: string): Promise<string | undefined> =>
    await readFile(given ?? join(folder, name), "utf8").catch((cause: Error) => {
      if (given === undefined) return undefined;
      throw new CommandFailure(`unable to read ${given}: ${cause.message}`, undefined, { cause });
    });
  const [ca, cert, key] = await Promise.all([
    read(tlscacert, "ca.pem"),
    read(tlscert, "cert.pem"),
    read(tlskey, "key.pem"),
  ]);
  return { ca, cert, key, verify: tlsverify ?? env["DOCKER_TLS_VERIFY"] === "1" };
}
