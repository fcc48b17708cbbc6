export type Json = null | boolean | number | string | readonly Json[] | Fields;

export interface Fields {
  readonly [name: string]: Json;
}

/** The value of a JSON text; undefined where it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** JSON.parse gives nothing else. */
function isJson(value: unknown): value is Json {
  return value !== undefined;
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isFields(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member, or undefined where the value is no object or has none of that name. */
export function member(value: Json | undefined, name: string): Json | undefined {
  return isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
