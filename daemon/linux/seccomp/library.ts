import koffi from "koffi";
import { inBackground } from "../libc.ts";

/** The part of libseccomp that compiles filters (seccomp_init(3) and its neighbours). */
export interface SeccompLibrary {
  readonly init: (defaultAction: number) => unknown;
  readonly release: (context: unknown) => void;
  readonly archAdd: (context: unknown, arch: number) => number;
  /** 0 for a name that it does not know. */
  readonly archResolve: (name: string) => number;
  /** The token of the machine's own architecture. */
  readonly archNative: () => number;
  readonly attrSet: (context: unknown, attribute: number, value: number) => number;
  /** -1 for a name that it does not know; other negative numbers stand for calls of other architectures. */
  readonly resolve: (name: string) => number;
  readonly resolveOn: (arch: number, name: string) => number;
  readonly ruleAdd: (context: unknown, action: number, call: number, count: number, conditions: Uint8Array) => number;
  /** Milliseconds of work for three architectures: on a thread of libuv's pool. */
  readonly exportBpf: (context: unknown, fd: number) => Promise<number>;
}

/** undefined where it is not installed. */
export function loadSeccompLibrary(): SeccompLibrary | undefined {
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load("libseccomp.so.2");
  } catch {
    return undefined;
  }
  const exportBpf = library.func("int seccomp_export_bpf(void *ctx, int fd)");
  return {
    init: library.func("void *seccomp_init(uint32_t action)"),
    release: library.func("void seccomp_release(void *ctx)"),
    archAdd: library.func("int seccomp_arch_add(void *ctx, uint32_t arch)"),
    archResolve: library.func("uint32_t seccomp_arch_resolve_name(const char *name)"),
    archNative: library.func("uint32_t seccomp_arch_native()"),
    attrSet: library.func("int seccomp_attr_set(void *ctx, int attr, uint32_t value)"),
    resolve: library.func("int seccomp_syscall_resolve_name(const char *name)"),
    resolveOn: library.func("int seccomp_syscall_resolve_name_arch(uint32_t arch, const char *name)"),
    ruleAdd: library.func(
      "int seccomp_rule_add_array(void *ctx, uint32_t action, int syscall, unsigned int count, const void *conditions)",
    ),
    exportBpf: (context, fd) => inBackground(exportBpf, context, fd),
  };
}
