import { Transform, type Readable } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import type { BlobReader, ContentStore } from "../../content/content-store.ts";
import type { BlobInfo, RegistryClient } from "../../registry/client.ts";

export type PushOutcome = "Layer already exists" | "Pushed" | `Mounted from ${string}`;

export interface BlobPushDeps {
  readonly content: ContentStore;
  readonly client: RegistryClient;
  readonly repository: string;
}

/** A session is used up by a failed upload, so each attempt opens its own. */
const ATTEMPTS = 3;
/** Bytes between two reports of progress. */
const REPORT_EVERY = 512 * 1024;

/** Sends blobs of the content store to one repository. */
export class BlobPush {
  readonly #deps: BlobPushDeps;

  constructor(deps: BlobPushDeps) {
    this.#deps = deps;
  }

  /** Idempotent: a blob that is there is not sent. `mount` is another repository of the registry that may have it. */
  async push(
    blob: BlobInfo,
    mount: string | undefined,
    signal: AbortSignal,
    onProgress: (current: number) => void,
  ): Promise<PushOutcome> {
    const { client, content, repository } = this.#deps;
    if (await client.hasBlob(repository, blob.digest, signal)) return "Layer already exists";
    await using reader = await content.open(blob.digest);
    for (let attempt = 1; ; attempt++) {
      const from = attempt === 1 && mount !== undefined ? { digest: blob.digest, from: mount } : undefined;
      const session = await client.startUpload(repository, from, signal);
      if (session === undefined) return `Mounted from ${from?.from ?? repository}`;
      try {
        await client.upload(repository, session, blob, () => counted(reader, signal, onProgress), signal);
        return "Pushed";
      } catch (error) {
        signal.throwIfAborted();
        const passing = error instanceof EngineError && error.kind === "Unavailable";
        if (!passing || attempt === ATTEMPTS) throw error;
      }
    }
  }
}

function counted(reader: BlobReader, signal: AbortSignal, onProgress: (current: number) => void): Readable {
  let current = 0;
  let reported = 0;
  const source = reader.stream(signal);
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      current += chunk.length;
      if (current - reported >= REPORT_EVERY || current === reader.size) onProgress((reported = current));
      done(undefined, chunk);
    },
  });
  source.on("error", (error) => counter.destroy(error));
  counter.on("close", () => source.destroy());
  return source.pipe(counter);
}
