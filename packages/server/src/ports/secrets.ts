import type { JsonObject, JsonValue } from "@heliograph/protocol";

/** Parameters that hold passwords and keys, whatever a vendor puts around the word. */
const SECRET =
  /passw(?:or)?d|passphrase|presharedkey|preshared_key|(?:^|[._])psk|secret|privatekey|wepkey|sharedkey|authkey|(?:^|[._])pin(?:code)?$/i;

/** What stands where a secret is not shown. */
export const HIDDEN = "(hidden)";

/** Whether a parameter, by its path or its own name, holds a secret. */
export function isSecret(path: string): boolean {
  return SECRET.test(path.slice(path.lastIndexOf(".") + 1));
}

/** The same without what stands under the name of a secret, at any depth. */
export function withoutSecrets(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isSecret(name) ? hidden(inner) : withoutDeeper(inner),
    ]),
  );
}

/** Emptiness is no secret, and an object of that name holds its own. */
function hidden(value: JsonValue): JsonValue {
  if (value === "" || value === null) return value;
  return isObject(value) ? withoutSecrets(value) : HIDDEN;
}

function withoutDeeper(value: JsonValue): JsonValue {
  if (isList(value)) return value.map(withoutDeeper);
  return isObject(value) ? withoutSecrets(value) : value;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value);
}
