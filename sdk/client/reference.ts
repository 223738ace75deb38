/** The two parameters of a pull, push or tag for an image's name. */
export interface ReferenceParts {
  /** `registry.example.com/team/app` */
  readonly name: string;
  /** A tag or a digest; missing when the name has neither. */
  readonly tag?: string;
}

/** Splits `name[:tag][@digest]`; a digest counts more than a tag. What is no name is left to the engine to refuse. */
export function splitReference(reference: string): ReferenceParts {
  const [name = "", digest] = reference.split("@", 2);
  const colon = name.lastIndexOf(":");
  // A colon before a slash is a port.
  const tag = colon > name.lastIndexOf("/") ? name.slice(colon + 1) : undefined;
  const bare = tag === undefined ? name : name.slice(0, colon);
  return { name: bare, tag: digest ?? tag };
}
