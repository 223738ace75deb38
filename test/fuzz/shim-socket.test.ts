/**
 * The shim under AddressSanitizer and UBSan, hearing nonsense: bytes that are no frames, frames that are nearly right, questions in the
 * wrong order, clients that come and go. It must answer or hang up, and live; a sanitizer's word is a failure.
 * A seed makes a run happen again: SLIPWAY_FUZZ_SEED=123.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { encodeFrame, Frame, FrameParser, size, text, u32, u64, type Field } from "../../daemon/runtime/frame.ts";
import { Flag, Kind, Phase, Tag } from "../../daemon/runtime/protocol.ts";
import { skipAloud } from "../support/docker-cli.ts";
import { run } from "../support/process.ts";
import { ROOT } from "../support/source-tree.ts";

const SECONDS = Number(process.env["SLIPWAY_FUZZ_SECONDS"] ?? 5);
/** However slow the machine: in so many one at least has a container at its end. */
const LIVES = 16;
const SEED = Number(process.env["SLIPWAY_FUZZ_SEED"] ?? Date.now() % 1_000_000);

/** mulberry32: numbers below `n` that the seed decides. */
function randomness(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** A runc that makes no container: its "init" becomes a child of the shim all the same. */
const FAKE_RUNC = "#!/bin/sh\necho started\nsleep 1000 &\necho $! > pid\n";

class Shim {
  readonly folder: string;
  readonly child: ChildProcess;
  readonly control: Socket;
  readonly complaints: Promise<string>;

  constructor(folder: string, program: string) {
    this.folder = folder;
    mkdirSync(folder);
    writeFileSync(join(folder, "runc"), FAKE_RUNC);
    chmodSync(join(folder, "runc"), 0o755);
    this.child = spawn(program, [], {
      cwd: folder,
      env: { PATH: "/usr/bin:/bin", ASAN_OPTIONS: "detect_leaks=0:exitcode=99", UBSAN_OPTIONS: "print_stacktrace=1" },
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    this.control = this.child.stdio[3] as Socket;
    this.control.on("error", () => undefined).resume();
    this.complaints = readText(this.child.stderr ?? process.stdin);
  }

  /** It listens, and has a daemon; without one it would go when it has no container. */
  async ready(): Promise<void> {
    this.control.write(encodeFrame(Kind.hello, 1, []));
    await once(this.control, "data");
  }

  /** A client; what it is told is read and forgotten. */
  connect(): Socket {
    const socket = connect(join(this.folder, "shim.sock"));
    return socket.on("error", () => undefined).resume();
  }

  /** It still answers. */
  async phase(): Promise<number> {
    const socket = connect(join(this.folder, "shim.sock"));
    const parser = new FrameParser();
    socket.write(encodeFrame(Kind.hello, 1, []));
    for await (const chunk of socket as AsyncIterable<Buffer>)
      for (const frame of parser.push(chunk)) {
        if (frame.kind === Kind.ok) return frame.u32(Tag.phase);
        if (frame.kind === Kind.error) return Phase.failed; // the end of the start that was under way
      }
    throw new Error("the shim hung up on a HELLO");
  }

  /**
   * Ends what runs and lets it go: it must go by itself. A start that some client had asked for before it went away may come after
   * the signal, so each answer is followed by another one until the shim is gone.
   */
  async end(): Promise<{ readonly code: number | null; readonly complaints: string }> {
    const exited = once(this.child, "exit") as Promise<[number | null]>;
    this.control.destroy();
    while (this.child.exitCode === null && this.child.signalCode === null) {
      const last = this.connect();
      // Not once(): a shim that goes meanwhile resets the connection, and that is no failure.
      const closed = new Promise((resolve) => last.once("close", resolve));
      last.write(encodeFrame(Kind.hello, 1, []));
      last.end(encodeFrame(Kind.kill, 2, [u32(Tag.signal, 9)]));
      await Promise.race([closed, exited]);
    }
    const [code] = await exited;
    return { code, complaints: await this.complaints };
  }
}

/** Fields that harm nobody, whatever becomes of them: every path lies in the folder, every program is harmless. */
function fieldsFor(kind: number, random: (n: number) => number): Field[] {
  const texts = [
    "",
    "e1",
    "e2",
    "/bin/true",
    "/bin/cat",
    "true",
    "PATH=/bin:/usr/bin",
    "x".repeat(random(5000)),
    "log",
    "none/log",
  ];
  const any = (): string => texts[random(texts.length)] ?? "";
  const number = (): number => [0, 1, 2, 3, 7, 255, 65_535, 0xffffffff, random(2 ** 31)][random(9)] ?? 0;
  switch (kind) {
    case Kind.config:
      return [
        u32(Tag.flags, [0, Flag.stdin, Flag.stdin | Flag.stdinOnce][random(3)] ?? 0),
        size(Tag.size, [number(), number()]),
        text(Tag.logPath, ["log", "none/log", ""][random(3)] ?? ""),
        u64(Tag.logSize, BigInt(random(2000))),
        u32(Tag.logFiles, random(4)),
        text(Tag.oomFile, "pid"),
        text(Tag.oomFile, "none"),
      ];
    case Kind.start:
      // Without the first argument the second is the program: none that waits for its stdin, for a start is waited for.
      return [
        text(Tag.arg, ["./runc", "./runc", "./nope"][random(3)] ?? ""),
        text(Tag.arg, ["", "run", "/bin/true", "x".repeat(random(5000))][random(4)] ?? ""),
      ];
    case Kind.exec:
      return [
        text(Tag.id, `e${random(30)}`),
        text(Tag.arg, ["/bin/true", "/bin/cat", "/bin/echo", "nope", "true"][random(5)] ?? ""),
        ...Array.from({ length: random(4) }, () => text(Tag.arg, any())),
        ...Array.from({ length: random(3) }, () => text(Tag.env, any())),
        text(Tag.cwd, ["/", "/nope", ""][random(3)] ?? "/"),
        u32(Tag.flags, random(64) & ~Flag.tty),
        u32(Tag.uid, random(3)),
        u32(Tag.gid, number()),
        ...Array.from({ length: random(300) }, () => u32(Tag.group, random(100))),
        u64(Tag.caps, BigInt(number())),
        [Tag.rlimit, Buffer.alloc(20, random(256))],
        [Tag.seccomp, Buffer.alloc(8 * random(10), random(256))],
        u32(Tag.oomScore, number()),
      ];
    case Kind.kill:
      return [
        u32(Tag.signal, [0, 1, 15, 18][random(4)] ?? 0),
        ...(random(2) === 0 ? [text(Tag.id, `e${random(30)}`)] : []),
      ];
    case Kind.resize:
      return [size(Tag.size, [number(), number()]), text(Tag.id, `e${random(30)}`)];
    case Kind.attach:
      return [u32(Tag.flags, random(8))];
    default:
      return [text(Tag.id, `e${random(30)}`)];
  }
}

const KINDS = [
  Kind.hello,
  Kind.config,
  Kind.start,
  Kind.attach,
  Kind.exec,
  Kind.exec,
  Kind.kill,
  Kind.resize,
  Kind.forget,
];

/** A frame as it should be, or with one thing wrong. */
function nearlyFrame(random: (n: number) => number): Buffer {
  const kind = KINDS[random(KINDS.length)] ?? Kind.hello;
  const fields = fieldsFor(kind, random);
  const at = random(fields.length + 1);
  switch (random(10)) {
    case 0:
      fields.splice(at, 1);
      break;
    case 1:
      fields.push(...fields.slice(at, at + 2));
      break;
    case 2: // of the wrong size
      fields.splice(at, 0, [random(32), Buffer.alloc(random(40), random(256))]);
      break;
  }
  const frame = encodeFrame(kind, random(65_536), fields);
  switch (random(16)) {
    case 0: // the size says something else
      frame.writeUInt32LE([0, 3, 4, 5 << 20, 0xffffffff, frame.length - 5][random(6)] ?? 0, 0);
      return frame;
    case 1:
      if (frame.length > 14) frame.writeUInt32LE(random(2) === 0 ? 0xfffffff0 : random(100), 10);
      return frame;
    case 2:
      return frame.subarray(0, random(frame.length));
    case 3:
      return Buffer.from(Array.from({ length: random(200) }, () => random(256)));
    default:
      return frame;
  }
}

describe("slipway-shim", function () {
  this.timeout((SECONDS + 60) * 1000);
  let root: string;
  let program: string;

  before(async function () {
    root = mkdtempSync(join(tmpdir(), "slipway-fuzz-"));
    program = join(root, "shim");
    const { code, stderr } = await run("make", ["-C", join(ROOT, "daemon/shim"), "asan", `OUT=${program}`]);
    if (code !== 0) skipAloud(this, `no sanitizers for cc (libasan, libubsan): ${stderr.slice(-200)}`);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  /** Some connections at once, each with some frames, some of them cut short or left hanging. */
  async function round(shim: Shim, random: (n: number) => number): Promise<void> {
    const open: Socket[] = [];
    for (let client = 0; client < 6; client++) {
      const socket = shim.connect();
      open.push(socket);
      if (random(2) === 0) socket.write(encodeFrame(Kind.hello, 1, []));
      for (let frames = random(8); frames > 0; frames--) socket.write(nearlyFrame(random));
      if (random(3) === 0) socket.write("stdin\n".repeat(random(2000)));
      if (random(3) === 0) socket.end();
      if (random(4) === 0) socket.destroy();
      if (random(4) === 0) socket.pause();
    }
    await shim.phase();
    for (const socket of open) socket.destroy();
  }

  it(`lives through nonsense (${SECONDS} s, seed ${SEED})`, async () => {
    const random = randomness(SEED);
    const until = Date.now() + SECONDS * 1000;
    const phases = new Set<number>();
    for (let life = 0; life < LIVES || Date.now() < until; life++) {
      const shim = new Shim(join(root, `task-${life}`), program);
      await shim.ready();
      try {
        if (random(4) !== 0) {
          shim.control.write(encodeFrame(Kind.config, 2, fieldsFor(Kind.config, random)));
          shim.control.write(encodeFrame(Kind.start, 3, [text(Tag.arg, "./runc")]));
        }
        for (let rounds = 0; rounds < 15; rounds++) await round(shim, random);
        phases.add(await shim.phase());
      } catch (error) {
        shim.child.kill("SIGKILL");
        throw new Error(`life ${life}: ${String(error)}\n${await shim.complaints}`, { cause: error });
      }
      deepStrictEqual(await shim.end(), { code: 0, complaints: "" }, `life ${life}`);
    }
    strictEqual(phases.has(Phase.running), true, "some had a container");
    console.log(`        phases seen at the end of a life: ${[...phases].sort().join(", ")}`);
  });

  it("a frame that is cut short at any byte neither hangs nor harms it", async () => {
    const shim = new Shim(join(root, "cut"), program);
    await shim.ready();
    const whole = encodeFrame(Kind.exec, 1, fieldsFor(Kind.exec, randomness(1)).slice(0, 12));
    for (let end = 0; end < Math.min(whole.length, 300); end++) {
      const socket = shim.connect();
      socket.end(whole.subarray(0, end));
      await once(socket, "close");
    }
    strictEqual(await shim.phase(), Phase.created);
    deepStrictEqual(await shim.end(), { code: 0, complaints: "" });
  });

  it("Frame and FrameParser refuse what is no frame with a RangeError, and nothing else", () => {
    const random = randomness(SEED);
    for (let i = 0; i < 20_000; i++) {
      try {
        for (const frame of new FrameParser().push(nearlyFrame(random)))
          new Frame(encodeFrame(frame.kind, frame.seq, []).subarray(4));
      } catch (error) {
        strictEqual(error instanceof RangeError, true, String(error));
      }
    }
  });
});
