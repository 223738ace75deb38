/** A profile as the runtime-spec has it (config-linux.md#seccomp), its conditions resolved; the shape of oci's OciSeccomp. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  /** libseccomp's names: SCMP_ARCH_X86_64. */
  readonly architectures?: readonly string[];
  readonly syscalls: readonly SeccompCall[];
}

export interface SeccompCall {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly {
    readonly index: number;
    readonly value: number;
    readonly valueTwo?: number;
    readonly op: string;
  }[];
}
