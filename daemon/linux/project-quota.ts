/** Limits on what is below a directory, by projects of the file system (quotactl(2)): ext4 and xfs mounted with `prjquota`. */
import { closeSync, openSync } from "node:fs";
import { OPEN } from "./open-flags.ts";
import { check, libc } from "./libc.ts";

/** The same on x86-64 and arm64. Since Linux 5.14. */
const SYS_QUOTACTL_FD = 443;
const PRJQUOTA = 2;
const Q_XSETQLIM = 0x5804;
const Q_XGETQSTAT = 0x5805;
/** struct fs_quota_stat: u16 qs_flags at 2. */
const STAT_BYTES = 128;
const STAT_FLAGS_AT = 2;
const PROJECTS_ENFORCED = 1 << 5;
/** struct fs_disk_quota: i8 version, i8 flags, u16 fieldmask, u32 id, u64 hard and soft limit of blocks of 512 bytes, … */
const LIMITS_BYTES = 112;
const LIMITS_VERSION = 1;
const LIMITS_OF_PROJECT = 2;
const BLOCK_LIMITS = (1 << 2) | (1 << 3);
const BLOCK = 512;

const FS_IOC_FSGETXATTR = 0x801c581f;
const FS_IOC_FSSETXATTR = 0x401c5820;
/** struct fsxattr: u32 xflags at 0, u32 projid at 12. */
const ATTRIBUTES_BYTES = 28;
const PROJECT_AT = 12;
const INHERITED = 0x200;

const syscall = libc.func("long syscall(long number, long fd, long command, long id, void *data)") as (
  number: number,
  fd: number,
  command: number,
  id: number,
  data: Buffer,
) => number;
const ioctl = libc.func("int ioctl(int fd, ulong request, void *data)") as (
  fd: number,
  request: number,
  data: Buffer,
) => number;

/** Whether the file system of the directory holds limits of projects. */
export function enforcesProjects(directory: string): boolean {
  return withDirectory(directory, (fd) => {
    const stat = Buffer.alloc(STAT_BYTES);
    stat.writeInt8(1, 0);
    if (syscall(SYS_QUOTACTL_FD, fd, command(Q_XGETQSTAT), 0, stat) < 0) return false;
    return (stat.readUInt16LE(STAT_FLAGS_AT) & PROJECTS_ENFORCED) !== 0;
  });
}

/** The project of a directory; 0 is none. @throws SyscallError where the file system knows no projects. */
export function projectOf(directory: string): number {
  return withDirectory(directory, (fd) => attributesOf(fd, directory).readUInt32LE(PROJECT_AT));
}

/** Puts an empty directory, and all that will be made in it, into a project of at most `bytes`. @throws SyscallError. */
export function limitDirectory(directory: string, project: number, bytes: number): void {
  withDirectory(directory, (fd) => {
    const limits = Buffer.alloc(LIMITS_BYTES);
    limits.writeInt8(LIMITS_VERSION, 0);
    limits.writeInt8(LIMITS_OF_PROJECT, 1);
    limits.writeUInt16LE(BLOCK_LIMITS, 2);
    limits.writeUInt32LE(project, 4);
    const blocks = BigInt(Math.ceil(bytes / BLOCK));
    limits.writeBigUInt64LE(blocks, 8);
    limits.writeBigUInt64LE(blocks, 16);
    check("quotactl_fd", syscall(SYS_QUOTACTL_FD, fd, command(Q_XSETQLIM), project, limits), directory);
    const attributes = attributesOf(fd, directory);
    attributes.writeUInt32LE(attributes.readUInt32LE(0) | INHERITED, 0);
    attributes.writeUInt32LE(project, PROJECT_AT);
    check("ioctl", ioctl(fd, FS_IOC_FSSETXATTR, attributes), directory);
  });
}

function attributesOf(fd: number, directory: string): Buffer {
  const attributes = Buffer.alloc(ATTRIBUTES_BYTES);
  check("ioctl", ioctl(fd, FS_IOC_FSGETXATTR, attributes), directory);
  return attributes;
}

function command(name: number): number {
  return (name << 8) | PRJQUOTA;
}

function withDirectory<T>(path: string, work: (fd: number) => T): T {
  const fd = openSync(path, OPEN.read | OPEN.directory);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}
