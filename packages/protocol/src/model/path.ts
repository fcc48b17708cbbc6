/** A parameter path taken apart at its last dot: the object it lies in and its own name. */
export interface SplitPath {
  /** Ends with a dot; empty for a name without one. */
  readonly object: string;
  /** Empty for a partial path. */
  readonly leaf: string;
}

/** CWMP bounds every parameter name to 256 characters [CWMP 1.4 schema]. */
export const MAX_PATH_CHARS = 256;

/** A partial path names an object and everything below it; it ends with a dot, or is empty for the root. */
export function isPartialPath(path: string): boolean {
  return path === "" || path.endsWith(".");
}

export function splitPath(path: string): SplitPath {
  const end = path.lastIndexOf(".") + 1;
  return { object: path.slice(0, end), leaf: path.slice(end) };
}

/** True where `path` is `prefix`, or lies below the partial path `prefix`. */
export function isWithin(path: string, prefix: string): boolean {
  return isPartialPath(prefix) ? path.startsWith(prefix) : path === prefix;
}

/** The first two segments, `Device.WiFi.`: the unit in which parameters are stored. A parameter of the root gives the root. */
export function topLevelObject(path: string): string {
  const root = path.indexOf(".") + 1;
  const end = path.indexOf(".", root) + 1;
  return path.slice(0, end === 0 ? root : end);
}

/** `Device.` or `InternetGatewayDevice.`: the first segment. */
export function rootObject(path: string): string {
  return path.slice(0, path.indexOf(".") + 1);
}
