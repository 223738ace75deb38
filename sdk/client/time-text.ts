/** A time as the API's `since` and `until` take it: seconds since 1970 with a fraction. Texts are left as they are. */
export function timeText(time: Date | string): string {
  return typeof time === "string" ? time : String(time.getTime() / 1000);
}
