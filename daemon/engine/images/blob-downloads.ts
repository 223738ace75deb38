import type { ContentStore } from "../../content/content-store.ts";
import type { BlobInfo, RegistryClient } from "../../registry/client.ts";
import { SharedJobs } from "./shared-jobs.ts";
import { Slots } from "./slots.ts";

/** Bytes between two reports of progress. */
const REPORT_EVERY = 512 * 1024;

export interface DownloadListener {
  /** All places are taken. */
  readonly onWait: () => void;
  readonly onProgress: (current: number) => void;
  /** Everything is here, and is being checked. */
  readonly onVerify: () => void;
}

/** Brings blobs into the content store: so many at a time, each only once however many pulls want it. */
export class BlobDownloads {
  readonly #content: ContentStore;
  readonly #slots: Slots;
  readonly #jobs = new SharedJobs<void>();

  /** @param atOnce dockerd's `max-concurrent-downloads`. */
  constructor(content: ContentStore, atOnce: number) {
    this.#content = content;
    this.#slots = new Slots(atOnce);
  }

  /**
   * Idempotent. A download that is cancelled, or fails, keeps its bytes: the next one of the blob goes on there.
   * @throws EngineError as RegistryClient.blob; DataLoss when the bytes are not those of the digest.
   */
  async fetch(
    client: RegistryClient,
    repository: string,
    blob: BlobInfo,
    signal: AbortSignal,
    listener: DownloadListener,
  ): Promise<void> {
    await this.#jobs.run(blob.digest, signal, listener.onProgress, async (shared, report) => {
      if ((await this.#content.size(blob.digest)) !== undefined) return;
      using _ = await this.#slots.acquire(shared, listener.onWait);
      await this.#download(client, repository, blob, shared, report, listener.onVerify);
    });
  }

  async #download(
    client: RegistryClient,
    repository: string,
    blob: BlobInfo,
    signal: AbortSignal,
    report: (current: number) => void,
    onVerify: () => void,
  ): Promise<void> {
    await using writer = await this.#content.writer(`pull-${blob.digest}`);
    // More than there can be: what lies there is not this blob's beginning.
    if (writer.offset > blob.size) await writer.truncate();
    let current = writer.offset > blob.size ? 0 : writer.offset;
    let reported = current;
    for await (const chunk of client.blob(repository, blob, current, signal)) {
      await writer.write(chunk);
      current += chunk.length;
      if (current - reported < REPORT_EVERY && current < blob.size) continue;
      report(current);
      reported = current;
    }
    onVerify();
    await writer.commit({ digest: blob.digest, size: blob.size });
  }
}
