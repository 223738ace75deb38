import { Type, type Static } from "@sinclair/typebox";
import { OptionalText } from "./common.ts";

/** Body of `POST /auth`, and the JSON inside the `X-Registry-Auth` header (base64url). */
export const AuthConfig = Type.Object({
  username: OptionalText,
  password: OptionalText,
  /** `user:password` in base64: what older clients send in place of the two. */
  auth: OptionalText,
  email: OptionalText,
  serveraddress: OptionalText,
  /** A refresh token (OAuth 2), in place of a password. */
  identitytoken: OptionalText,
  /** A bearer token that is sent to the registry as it is. */
  registrytoken: OptionalText,
});
export type AuthConfig = Static<typeof AuthConfig>;

/** The JSON inside `X-Registry-Config`, by server address. */
export const AuthConfigs = Type.Record(Type.String(), AuthConfig);
export type AuthConfigs = Static<typeof AuthConfigs>;

export const AuthResponse = Type.Object({
  /** `Login Succeeded`. */
  Status: Type.String(),
  IdentityToken: Type.Optional(Type.String()),
});
export type AuthResponse = Static<typeof AuthResponse>;
