import { humanDuration } from "../flags/units.ts";

/** `2026-11-24 19:40:11 +0000 UTC`: Go's time.String() of seconds since 1970, in the local zone as the client's clock has it. */
export function goTime(seconds: number): string {
  return goTimeOf(new Date(seconds * 1000), "");
}

/** Go's time.String() of an RFC 3339 time, with its fraction of a second; engines send UTC, and it stays UTC. */
export function goTimeOfText(text: string): string {
  const fraction = /\.(\d*?)0*Z/.exec(text)?.[1] ?? "";
  const iso = new Date(text).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction === "" ? "" : `.${fraction}`} +0000 UTC`;
}

function goTimeOf(date: Date, fraction: string): string {
  const { zone, offset } = zoneOf(date);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 19)}${fraction} ${offset} ${zone}`;
}

/** RFC 3339 without a fraction, in the local zone. */
export function rfc3339(seconds: number): string {
  const date = new Date(seconds * 1000);
  const { offset } = zoneOf(date);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return local + (offset === "+0000" ? "Z" : `${offset.slice(0, 3)}:${offset.slice(3)}`);
}

/** RFC 3339 with nine digits of a second, of nanoseconds since 1970. */
export function rfc3339Nano(nanoseconds: bigint): string {
  const seconds = Number(nanoseconds / 1_000_000_000n);
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, "0");
  const text = rfc3339(seconds);
  return `${text.slice(0, 19)}.${fraction}${text.slice(19)}`;
}

/** `Thu Jan  1 00:00:00 2026`: C's asctime of an RFC 3339 time, in UTC; the text itself when it is none. */
export function asctime(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  const [weekday = "", day = "", month = "", year = "", time = ""] = date.toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
}

/** `2 hours ago` */
export function ago(seconds: number, now: number): string {
  return `${humanDuration(now - seconds * 1000)} ago`;
}

function zoneOf(date: Date): { zone: string; offset: string } {
  const minutes = -date.getTimezoneOffset();
  const sign = minutes < 0 ? "-" : "+";
  const pad = (value: number): string => String(Math.floor(Math.abs(value))).padStart(2, "0");
  const offset = `${sign}${pad(minutes / 60)}${pad(minutes % 60)}`;
  const zone = /\(([^)]*)\)/.exec(date.toString())?.[1] ?? "UTC";
  // Node has the long name, Go the abbreviation of the zone file.
  const short =
    zone === "Coordinated Universal Time"
      ? "UTC"
      : zone
          .split(" ")
          .map((word) => word[0])
          .join("");
  return { zone: short, offset };
}
