/** The first 12 hexadecimal digits of an id, without `sha256:`. */
export function shortId(id: string): string {
  const colon = id.indexOf(":");
  return id.slice(colon + 1, colon + 13);
}

/** A text of at most `length` columns, the last of which is an ellipsis where something was cut. */
export function ellipsis(text: string, length: number): string {
  const points = [...text];
  if (points.length <= length) return text;
  return length <= 1 ? points.slice(0, length).join("") : `${points.slice(0, length - 1).join("")}…`;
}
