import { EngineError, isKind, kindOf, messageOf } from "../../base/errors.ts";
import { familiar, familiarName, type Reference } from "../../oci/reference.ts";
import { RegistryError } from "../../registry/registry-error.ts";

/** A registry's refusal of a manifest in the words that Docker's clients know. */
export function pullError(error: unknown, reference: Reference): unknown {
  if (!(error instanceof RegistryError)) return error;
  const name = familiarName(reference);
  const says = (message: string): EngineError => new EngineError("NotFound", message, { cause: error });
  if (error.codes.includes("DENIED")) {
    return says(
      `pull access denied for ${name}, repository does not exist or may require 'docker login': ${error.message}`,
    );
  }
  if (error.codes.includes("NAME_UNKNOWN")) return says(`repository ${name} not found: ${error.message}`);
  if (error.status === 404) {
    const detail = error.codes.includes("MANIFEST_UNKNOWN") ? error.message : "manifest unknown: manifest unknown";
    return says(`manifest for ${familiar(reference)} not found: ${detail}`);
  }
  return error;
}

/** What is wrong with the bytes of a pull is the registry's fault, not the caller's. */
export function brokenImage(error: unknown, reference: Reference): unknown {
  if (!isKind(error, "InvalidParameter") && !isKind(error, "DataLoss")) return error;
  return new EngineError(kindOf(error), `failed to pull ${familiar(reference)}: ${messageOf(error)}`, { cause: error });
}
