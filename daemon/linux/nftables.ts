import koffi from "koffi";

/** The part of libnftables(3) that runs commands. */
interface NftablesLibrary {
  readonly contextNew: (flags: number) => unknown;
  readonly bufferOutput: (context: unknown) => number;
  readonly setOutputFlags: (context: unknown, flags: number) => number;
  readonly bufferError: (context: unknown) => number;
  readonly outputOf: (context: unknown) => string | null;
  readonly errorOf: (context: unknown) => string | null;
  readonly run: (context: unknown, commands: string) => number;
  readonly free: (context: unknown) => void;
}

/** A refused transaction: nothing of it was applied. */
export class NftablesError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NftablesError";
  }
}

/**
 * nftables through libnftables, in process. The library (4 MB with its own libraries) is loaded by the first command: a daemon
 * that has no bridge does without. Commands act on the network namespace in which the first one ran.
 */
export class Nftables implements Disposable {
  #open: { readonly library: NftablesLibrary; readonly context: unknown } | undefined;

  /**
   * All commands or none: they are one transaction of the kernel. Synchronous, about a millisecond.
   * @param commands as nft(8) reads them.
   * @returns what they print.
   * @throws NftablesError with the library's own words.
   */
  run(commands: string): string {
    const { library, context } = (this.#open ??= open());
    const result = library.run(context, commands);
    // Asking for a buffer empties it, so both are asked for each time.
    const [output, complaint] = [library.outputOf(context) ?? "", library.errorOf(context) ?? ""];
    if (result !== 0) throw new NftablesError(`nftables: ${complaint.trim() || "refused without a word"}`);
    return output;
  }

  [Symbol.dispose](): void {
    if (this.#open === undefined) return;
    this.#open.library.free(this.#open.context);
    this.#open = undefined;
  }
}

/** NFT_CTX_OUTPUT_HANDLE: a listed rule says by which number it is deleted. */
const OUTPUT_HANDLES = 1 << 3;

function open(): { readonly library: NftablesLibrary; readonly context: unknown } {
  const library = load();
  const context = library.contextNew(0);
  library.bufferOutput(context);
  library.setOutputFlags(context, OUTPUT_HANDLES);
  library.bufferError(context);
  return { library, context };
}

function load(): NftablesLibrary {
  const library = koffi.load("libnftables.so.1");
  return {
    contextNew: library.func("void *nft_ctx_new(uint32_t flags)"),
    setOutputFlags: library.func("void nft_ctx_output_set_flags(void *ctx, unsigned int flags)"),
    bufferOutput: library.func("int nft_ctx_buffer_output(void *ctx)"),
    bufferError: library.func("int nft_ctx_buffer_error(void *ctx)"),
    outputOf: library.func("const char *nft_ctx_get_output_buffer(void *ctx)"),
    errorOf: library.func("const char *nft_ctx_get_error_buffer(void *ctx)"),
    run: library.func("int nft_run_cmd_from_buffer(void *ctx, const char *commands)"),
    free: library.func("void nft_ctx_free(void *ctx)"),
  };
}
