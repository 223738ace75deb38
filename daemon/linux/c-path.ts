/**
 * A path as the kernel takes it: bytes that end with a NUL. A file name is bytes, not text: what archives and directories
 * hold need not be UTF-8, and must come out as it went in.
 */
export type CPath = Uint8Array & { readonly cPath: unique symbol };

/** Text, or a path that was made before. */
export type PathLike = string | CPath;

/** @param path text, encoded as UTF-8. */
export function cPath(path: PathLike): CPath {
  return typeof path === "string" ? terminated(path, "utf8") : path;
}

/** @param path a byte string: one character (0..255) a byte, Node's `latin1`. */
export function cPathOfBytes(path: string): CPath {
  return terminated(path, "latin1");
}

function terminated(path: string, encoding: "utf8" | "latin1"): CPath {
  // The kernel would take what stands before the NUL: another file than the caller checked.
  if (path.includes("\0")) throw new RangeError(`path ${JSON.stringify(path)} holds a NUL`);
  return Buffer.from(`${path}\0`, encoding) as Uint8Array as CPath;
}

/** For messages. */
export function showPath(path: PathLike): string {
  return typeof path === "string" ? path : Buffer.from(path.subarray(0, -1)).toString();
}
