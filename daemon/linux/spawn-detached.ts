import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { check, libc, SyscallError } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const O_RDWR = 2;
/** POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID */
const FLAGS = 0x04 | 0x08 | 0x80;
const WNOHANG = 1;
/** The child's end of the connection. */
const CONNECTION = 3;
/** Room for posix_spawn_file_actions_t, posix_spawnattr_t and sigset_t of any glibc. */
const [ACTIONS_SIZE, ATTRIBUTES_SIZE, SIGNALS_SIZE] = [256, 1024, 128];

type Bytes = Uint8Array;
type Words = readonly (string | null)[];
const socketpair = libc.func("int socketpair(int, int, int, void *)") as (
  d: number,
  t: number,
  p: number,
  f: Bytes,
) => number;
const initActions = libc.func("int posix_spawn_file_actions_init(void *)") as (actions: Bytes) => number;
const destroyActions = libc.func("int posix_spawn_file_actions_destroy(void *)") as (actions: Bytes) => number;
const addOpen = libc.func("int posix_spawn_file_actions_addopen(void *, int, const char *, int, uint)") as (
  actions: Bytes,
  fd: number,
  path: string,
  flags: number,
  mode: number,
) => number;
const addDup = libc.func("int posix_spawn_file_actions_adddup2(void *, int, int)") as (
  a: Bytes,
  f: number,
  t: number,
) => number;
const addChdir = libc.func("int posix_spawn_file_actions_addchdir_np(void *, const char *)") as (
  a: Bytes,
  p: string,
) => number;
const initAttributes = libc.func("int posix_spawnattr_init(void *)") as (attributes: Bytes) => number;
const setFlags = libc.func("int posix_spawnattr_setflags(void *, int16)") as (
  attributes: Bytes,
  flags: number,
) => number;
const setDefaults = libc.func("int posix_spawnattr_setsigdefault(void *, const void *)") as (
  a: Bytes,
  s: Bytes,
) => number;
const setMask = libc.func("int posix_spawnattr_setsigmask(void *, const void *)") as (a: Bytes, s: Bytes) => number;
const posixSpawn = libc.func(
  "int posix_spawn(void *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)",
) as (pid: Bytes, path: string, actions: Bytes, attributes: Bytes, argv: Words, envp: Words) => number;
const waitpid = libc.func("int waitpid(int, void *, int)") as (pid: number, status: null, options: number) => number;

export interface DetachedProgram {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * Starts programs that outlive this process, each in a session of its own, its standard streams on /dev/null and a connection to
 * us as its descriptor 3. posix_spawn(3) shares our memory until the execve: 0.3 ms, where the fork of child_process copies
 * the page tables of the whole daemon, which takes 2 to 3 ms and as much again in faults.
 */
export class DetachedSpawner implements Disposable {
  readonly #children = new Set<number>();
  /** Node reaps only what it has started itself. */
  readonly #reap = (): void => {
    for (const pid of this.#children) if (waitpid(pid, null, WNOHANG) !== 0) this.#children.delete(pid);
  };

  constructor() {
    process.on("SIGCHLD", this.#reap);
  }

  /** @throws SyscallError why it cannot be executed. */
  spawn(program: DetachedProgram): Socket {
    const ends = Buffer.alloc(8);
    check("socketpair", socketpair(AF_UNIX, SOCK_STREAM | CLOEXEC_NONBLOCK, 0, ends));
    const [ours, theirs] = [ends.readInt32LE(0), ends.readInt32LE(4)];
    try {
      this.#children.add(start(program, theirs));
      return new Socket({ fd: ours });
    } catch (error) {
      closeSync(ours);
      throw error;
    } finally {
      closeSync(theirs);
    }
  }

  [Symbol.dispose](): void {
    process.off("SIGCHLD", this.#reap);
  }
}

function start({ path, argv, env, cwd }: DetachedProgram, connection: number): number {
  const actions = Buffer.alloc(ACTIONS_SIZE);
  succeed("posix_spawn_file_actions_init", initActions(actions));
  try {
    // The connection first: opening 0 to 2 must not take its place.
    succeed("posix_spawn_file_actions_adddup2", addDup(actions, connection, CONNECTION));
    succeed("posix_spawn_file_actions_addopen", addOpen(actions, 0, "/dev/null", O_RDWR, 0));
    for (const fd of [1, 2]) succeed("posix_spawn_file_actions_adddup2", addDup(actions, 0, fd));
    succeed("posix_spawn_file_actions_addchdir_np", addChdir(actions, cwd));
    const pid = Buffer.alloc(4);
    const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
    succeed("posix_spawn", posixSpawn(pid, path, actions, attributes(), [...argv, null], [...variables, null]), path);
    return pid.readInt32LE();
  } finally {
    destroyActions(actions);
  }
}

/** A session of its own, no signal blocked, none ignored: Node ignores SIGPIPE, and an ignored signal outlives an execve. */
function attributes(): Bytes {
  const value = Buffer.alloc(ATTRIBUTES_SIZE);
  succeed("posix_spawnattr_init", initAttributes(value));
  succeed("posix_spawnattr_setflags", setFlags(value, FLAGS));
  succeed("posix_spawnattr_setsigdefault", setDefaults(value, Buffer.alloc(SIGNALS_SIZE, 0xff)));
  succeed("posix_spawnattr_setsigmask", setMask(value, Buffer.alloc(SIGNALS_SIZE)));
  return value;
}

/** This family of functions returns the errno. */
function succeed(name: string, errno: number, detail?: string): void {
  if (errno !== 0) throw new SyscallError(name, errno, detail);
}
