/** What the archive worker does. Descriptors are the process's: the caller opened them, and closes them when the job is done. */
export type ArchiveJob =
  | { readonly kind: "pack"; readonly directory: number; readonly output: number }
  | { readonly kind: "unpack"; readonly directory: number; readonly input: number; readonly userXattr: boolean };
