/** A map in which nothing is inherited, so that names such as `__proto__` are data. */
export function emptyMap<T>(): Record<string, T>;
export function emptyMap(): unknown {
  const map: unknown = Object.create(null);
  return map;
}

/** Any object but a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
