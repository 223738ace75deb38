import { Type, type Static } from "@sinclair/typebox";

/** The body of every answer from 400 on. */
export const ErrorResponse = Type.Object({ message: Type.String() });
export type ErrorResponse = Static<typeof ErrorResponse>;
