import { Type, type Static, type TSchema } from "@sinclair/typebox";

/** The newest version that the daemon speaks, and the one that the client asks for. */
export const API_VERSION = "1.51";
/** The oldest version that the daemon accepts: many clients are built with it and never look further. */
export const MIN_API_VERSION = "1.24";

/** A field of a request. Go clients send `null` for a pointer, slice or map that is not set, which is the same as no field. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]));

/** Fields of requests, by their type on the wire. */
export const OptionalText = Nullable(Type.String());
export const OptionalFlag = Nullable(Type.Boolean());
export const OptionalInteger = Nullable(Type.Integer());
export const OptionalTexts = Nullable(Type.Array(Type.String()));
export const OptionalTextMap = Nullable(Type.Record(Type.String(), Type.String()));
/** Go's `map[string]struct{}`: a set of its keys. */
export const OptionalSet = Nullable(Type.Record(Type.String(), Type.Union([Type.Object({}), Type.Null()])));
/** A command line: a list, or one word (Go's strslice). */
export const OptionalWords = Nullable(Type.Union([Type.Array(Type.String()), Type.String()]));

/** Fields of answers. */
export const TextMap = Type.Record(Type.String(), Type.String());
export const Texts = Type.Array(Type.String());
/** A list or map that Go's encoder writes as `null` when it is empty. */
export const OrNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** image-spec, descriptor.md. */
export const Platform = Type.Object({
  architecture: Type.String(),
  os: Type.String(),
  "os.version": Type.Optional(Type.String()),
  "os.features": Type.Optional(Texts),
  variant: Type.Optional(Type.String()),
});
export type Platform = Static<typeof Platform>;

/** image-spec, descriptor.md. `size` in bytes. */
export const Descriptor = Type.Object({
  mediaType: Type.String(),
  digest: Type.String(),
  size: Type.Integer(),
  urls: Type.Optional(Texts),
  annotations: Type.Optional(TextMap),
  data: Type.Optional(Type.String()),
  platform: Type.Optional(Platform),
  artifactType: Type.Optional(Type.String()),
});
export type Descriptor = Static<typeof Descriptor>;

/** Where the snapshot driver keeps an object: its name and its own facts. */
export const DriverData = Type.Object({ Name: Type.String(), Data: OrNull(TextMap) });
export type DriverData = Static<typeof DriverData>;

/** Bytes that a prune gave back. */
export const SpaceReclaimed = Type.Integer({ minimum: 0 });
