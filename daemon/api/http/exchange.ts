import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Duplex } from "node:stream";
import type { Static, TSchema } from "@sinclair/typebox";
import { API_VERSION } from "../../../sdk/contract/common.ts";
import { EngineError, isKind, messageOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { Answer, clientGone } from "./answer.ts";
import { decoded, JSON_LIMIT, readAll, RequestBody } from "./body.ts";
import type { Connection } from "./connection.ts";
import type { JsonReader } from "./json.ts";
import type { ApiRequest } from "./route.ts";
import { type Router, splitTarget } from "./router.ts";
import type { UpgradeBody } from "./upgrade-body.ts";
import { checkVersion } from "./version.ts";

/** Milliseconds for a body of JSON to arrive. */
const BODY_DEADLINE = 60_000;

export interface ExchangeDeps {
  readonly router: Router;
  readonly reader: JsonReader;
  readonly log: Logger;
  readonly headers: Readonly<Record<string, string>>;
  /** At the begin and the end of each request. */
  readonly onActivity?: () => void;
}

export interface Incoming {
  readonly id: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  /** For a request that came as an upgrade. */
  readonly upgradeBody?: UpgradeBody;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue?: boolean;
}

/** One request and its answer. */
export class Exchange implements ApiRequest {
  readonly query: URLSearchParams;
  readonly apiVersion: string;
  readonly headers: IncomingHttpHeaders;
  readonly #deps: ExchangeDeps;
  readonly #incoming: Incoming;
  readonly #path: string;
  readonly #prefix: string | undefined;
  readonly #abort = new AbortController();
  readonly #began = performance.now();
  readonly #answer: Answer;
  #params: Readonly<Record<string, string>> = {};
  #bodyTaken = false;
  #log: Logger | undefined;

  constructor(deps: ExchangeDeps, incoming: Incoming) {
    this.#deps = deps;
    this.#incoming = incoming;
    const { request, response } = incoming;
    const [path, query] = splitUrl(request.url ?? "/");
    const target = splitTarget(path);
    this.query = new URLSearchParams(query);
    this.headers = request.headers;
    this.#path = target.path;
    this.#prefix = target.version;
    this.apiVersion = target.version ?? API_VERSION;
    response.once("close", this.#closed);
    this.#answer = new Answer({
      response,
      headers: deps.headers,
      apiVersion: this.apiVersion,
      upgrade: request.headers.upgrade !== undefined,
      streaming: () => {
        if (incoming.connection.inputEnded) this.inputEnded();
      },
      takeOver: () => this.#takeOver(),
    });
  }

  get params(): Readonly<Record<string, string>> {
    return this.#params;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get log(): Logger {
    return (this.#log ??= this.#deps.log.with({ request: this.#incoming.id }));
  }

  /** It writes as long as it is let: at the daemon's end it is told to stop. */
  get streaming(): boolean {
    return this.#answer.phase === "streaming" || this.#answer.phase === "hijacked";
  }

  async json<S extends TSchema>(schema: S): Promise<Static<S>> {
    const bytes = await readAll(this.body(), JSON_LIMIT, BODY_DEADLINE);
    return this.#deps.reader.read(schema, bytes, this.headers["content-type"]);
  }

  body(): Readable {
    if (this.#bodyTaken) throw new Error("the body was asked for twice");
    this.#bodyTaken = true;
    const { upgradeBody, expectsContinue, response, request } = this.#incoming;
    if (expectsContinue === true) response.writeContinue();
    const raw = upgradeBody === undefined ? new RequestBody(request) : Readable.from(once(() => upgradeBody.read()));
    return decoded(raw, this.headers["content-encoding"]);
  }

  /** Answers; never throws. */
  async run(): Promise<void> {
    let failure: unknown;
    try {
      await this.#route();
    } catch (error) {
      failure = error;
      await this.#answer.fail(error).catch(() => undefined);
    }
    this.#report(failure);
  }

  async #route(): Promise<void> {
    if (this.#prefix !== undefined) checkVersion(this.#prefix);
    const method = this.#incoming.request.method ?? "GET";
    if (method === "OPTIONS") return await this.#answer.empty(200);
    const match = this.#deps.router.find(method, this.#path);
    if (match === undefined) throw new EngineError("NotFound", "page not found");
    this.#params = match.params;
    await match.route.handle(this, this.#answer);
    if (this.#answer.phase === "waiting") throw new Error(`${method} ${this.#path} was not answered`);
  }

  cancel(reason: EngineError): void {
    this.#abort.abort(reason);
  }

  /**
   * A client that is gone and one that only has no more to say look the same until something is written. A stream may be
   * silent for days, so it ends, as dockerd's does; an answer that is under way is let come.
   */
  inputEnded(): void {
    if (this.#answer.phase === "streaming") this.cancel(clientGone());
  }

  readonly #closed = (): void => {
    if (!this.#incoming.response.writableFinished) this.cancel(clientGone());
  };

  async #takeOver(): Promise<Duplex> {
    const { connection, response, request, upgradeBody } = this.#incoming;
    // Options that the handler had no use for are not the stream's.
    if (upgradeBody !== undefined) await upgradeBody.read();
    else if (!this.#bodyTaken && request.headers["content-length"] !== undefined) await this.#dropBody();
    if (response.destroyed) throw clientGone();
    response.off("close", this.#closed);
    if (upgradeBody === undefined) connection.detach(response);
    else response.detachSocket(connection.socket);
    connection.detached = true;
    const { socket } = connection;
    // Whoever uses the stream sees its own error; one that comes when nobody does must not end the daemon.
    socket.on("error", () => undefined).once("close", () => this.cancel(clientGone()));
    return socket;
  }

  async #dropBody(): Promise<void> {
    await readAll(this.body(), JSON_LIMIT, BODY_DEADLINE);
  }

  #report(failure: unknown): void {
    const { status } = this.#answer;
    const gone = this.signal.aborted;
    const facts = {
      method: this.#incoming.request.method,
      path: this.#path,
      status,
      ms: Math.round((performance.now() - this.#began) * 10) / 10,
    };
    if (failure === undefined) return this.log.debug("request", facts);
    // An answer that had begun has a good status and a bad end.
    const unexpected = status === 500 || status === 0 || (status < 300 && !isKind(failure, "Canceled"));
    if (unexpected && !gone) this.log.info("request failed", { ...facts, error: failure });
    else this.log.debug("request", { ...facts, outcome: gone ? "client gone" : messageOf(failure) });
  }
}

async function* once(read: () => Promise<Buffer>): AsyncGenerator<Buffer> {
  const bytes = await read();
  if (bytes.length > 0) yield bytes;
}

/** The absolute form (RFC 9112, 3.2.2) is a proxy's; only its path matters here. */
function splitUrl(url: string): [path: string, query: string] {
  const local = url.startsWith("/") ? url : url.replace(/^[a-z]+:\/\/[^/?]*/i, "") || "/";
  const at = local.indexOf("?");
  return at < 0 ? [local, ""] : [local.slice(0, at), local.slice(at + 1)];
}
