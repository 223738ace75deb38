/** Flags of mount(2), include/uapi/linux/mount.h. */
export const MS = {
  readOnly: 1 << 0,
  noSuid: 1 << 1,
  noDev: 1 << 2,
  noExec: 1 << 3,
  synchronous: 1 << 4,
  remount: 1 << 5,
  mandatoryLock: 1 << 6,
  directorySync: 1 << 7,
  noAtime: 1 << 10,
  noDirAtime: 1 << 11,
  bind: 1 << 12,
  recursive: 1 << 14,
  unbindable: 1 << 17,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
  relAtime: 1 << 21,
  strictAtime: 1 << 24,
} as const;

export interface MountOptions {
  /** Without those of propagation. */
  readonly flags: number;
  /** 0 is none asked for. A call of its own. */
  readonly propagation: number;
  /** What the file system itself makes of the rest: `size=1m,uid=5`. */
  readonly data: string;
}

/** Words of mount(8) that are flags: set, or cleared again. */
const FLAGS: Readonly<Record<string, readonly [flag: number, set: boolean]>> = {
  defaults: [0, true],
  ro: [MS.readOnly, true],
  rw: [MS.readOnly, false],
  suid: [MS.noSuid, false],
  nosuid: [MS.noSuid, true],
  dev: [MS.noDev, false],
  nodev: [MS.noDev, true],
  exec: [MS.noExec, false],
  noexec: [MS.noExec, true],
  sync: [MS.synchronous, true],
  async: [MS.synchronous, false],
  dirsync: [MS.directorySync, true],
  remount: [MS.remount, true],
  mand: [MS.mandatoryLock, true],
  nomand: [MS.mandatoryLock, false],
  atime: [MS.noAtime, false],
  noatime: [MS.noAtime, true],
  diratime: [MS.noDirAtime, false],
  nodiratime: [MS.noDirAtime, true],
  bind: [MS.bind, true],
  rbind: [MS.bind | MS.recursive, true],
  relatime: [MS.relAtime, true],
  norelatime: [MS.relAtime, false],
  strictatime: [MS.strictAtime, true],
  nostrictatime: [MS.strictAtime, false],
};

const PROPAGATION: Readonly<Record<string, number>> = {
  private: MS.private,
  rprivate: MS.private | MS.recursive,
  shared: MS.shared,
  rshared: MS.shared | MS.recursive,
  slave: MS.slave,
  rslave: MS.slave | MS.recursive,
  unbindable: MS.unbindable,
  runbindable: MS.unbindable | MS.recursive,
};

/** @param text options of mount(8), apart by commas; what is no flag is the file system's. */
export function parseMountOptions(text: string): MountOptions {
  let flags = 0;
  let propagation = 0;
  const data: string[] = [];
  for (const word of text.split(",")) {
    if (word === "") continue;
    const flag = Object.hasOwn(FLAGS, word) ? FLAGS[word] : undefined;
    const mode = Object.hasOwn(PROPAGATION, word) ? PROPAGATION[word] : undefined;
    if (flag !== undefined) flags = flag[1] ? flags | flag[0] : flags & ~flag[0];
    else if (mode !== undefined) propagation = mode;
    else data.push(word);
  }
  return { flags, propagation, data: data.join(",") };
}
