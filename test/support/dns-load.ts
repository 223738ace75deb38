/** Programs in network namespaces that ask 127.0.0.11 for a name again and again: dns-load.c. */
import { join } from "node:path";
import { output } from "./process.ts";
import { ROOT } from "./source-tree.ts";

export interface DnsLoadOptions {
  readonly seconds: number;
  /** Questions without an answer at most. */
  readonly inFlight: number;
  /** Questions a second; 0 is as fast as answers come. */
  readonly rate: number;
}

export interface DnsLoadResult {
  /** Answers a second. */
  readonly rate: number;
  /** µs */
  readonly p50: number;
  /** µs */
  readonly p99: number;
  /** Questions without a good answer. */
  readonly bad: number;
}

export class DnsLoad {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  /** @param folder for the program */
  static async build(folder: string): Promise<DnsLoad> {
    const program = join(folder, "dns-load");
    await output("cc", ["-O2", "-o", program, join(ROOT, "test/support/dns-load.c")]);
    return new DnsLoad(program);
  }

  /** @param pid a process of the container that asks */
  async run(pid: number, name: string, { seconds, inFlight, rate }: DnsLoadOptions): Promise<DnsLoadResult> {
    const args = [seconds, inFlight, rate].map(String);
    const printed = await output("nsenter", [`--net=/proc/${pid}/ns/net`, this.#program, ...args, name]);
    return JSON.parse(printed) as DnsLoadResult;
  }
}
