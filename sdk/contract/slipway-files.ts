/**
 * Files of a volume, beside Docker's API: `/slipway/volumes/{name}/fs`. Paths are in the query and count from the root of
 * the volume. Listings are one FileEntry a line (application/x-ndjson): a directory of any size streams.
 *
 *   GET    …/fs?path=            a file's bytes; Range, If-None-Match
 *   GET    …/fs?path=&stat=1     FileEntry; of a link itself with follow=0
 *   GET    …/fs?path=&list=1     FileEntry a line
 *   PUT    …/fs?path=            the body becomes the file, whole or not at all; mode= (octal), uid=, gid=
 *   POST   …/fs/mkdir?path=      mode= (octal), parents=1
 *   POST   …/fs/rename?from=&to= replace=1
 *   DELETE …/fs?path=            recursive=1
 *   GET    …/export?path=        the directory as a tar stream
 *   PUT    …/import?path=        a tar stream (plain, gzip, zstd) into the directory
 */
import { Type, type Static } from "@sinclair/typebox";

export const FileType = Type.Union([
  Type.Literal("file"),
  Type.Literal("directory"),
  Type.Literal("symlink"),
  Type.Literal("character"),
  Type.Literal("block"),
  Type.Literal("fifo"),
  Type.Literal("socket"),
]);
export type FileType = Static<typeof FileType>;

export const FileEntry = Type.Object({
  /** In its directory; "" for the root. */
  Name: Type.String(),
  Type: FileType,
  /** Bytes. */
  Size: Type.Integer(),
  /** Permission bits with set-user-ID, set-group-ID and sticky, as a number. */
  Mode: Type.Integer(),
  Uid: Type.Integer(),
  Gid: Type.Integer(),
  /** Nanoseconds since the epoch, decimal: more than a number can hold. */
  MtimeNs: Type.String(),
  /** Of a symbolic link: as it stands there. */
  LinkTarget: Type.Optional(Type.String()),
});
export type FileEntry = Static<typeof FileEntry>;
