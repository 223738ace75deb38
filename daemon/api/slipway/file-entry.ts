import type { FileEntry as FileEntryJson } from "../../../sdk/contract/index.ts";
import type { FileEntry } from "../../engine/services.ts";

export function fileEntryJson({ name, type, size, mode, uid, gid, modified, linkTarget }: FileEntry): FileEntryJson {
  const nanoseconds = BigInt(modified.seconds) * 1_000_000_000n + BigInt(modified.nanoseconds);
  return {
    Name: name,
    Type: type,
    Size: size,
    Mode: mode,
    Uid: uid,
    Gid: gid,
    MtimeNs: String(nanoseconds),
    ...(linkTarget !== undefined && { LinkTarget: linkTarget }),
  };
}
