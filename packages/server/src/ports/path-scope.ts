import { MANAGEMENT_SERVERS } from "./rights.ts";

/** A path by its segments, which are compared whole [LIGHT 7]. */
interface Segments {
  readonly segments: readonly string[];
  /** It names an object and everything below it. */
  readonly isPartial: boolean;
}

/** Names, instances, instances by their alias, and all instances. What has any other segment is within no prefix. */
const SEGMENT = /^(?:[A-Za-z_][\w-]*|[0-9]+|\*|\[[^[\].]+\])$/;
/** An alias is for somebody's device, and no prefix has one. */
const PREFIX_SEGMENT = /^(?:[A-Za-z_][\w-]*|[0-9]+|\*)$/;
const INSTANCE = /^(?:[0-9]+|\*|\[.+\])$/;
const MANAGEMENT_SERVER = "managementserver";

/** Whether a prefix is one: a partial path, or a parameter; `*` stands for every instance. */
export function isPrefix(text: string): boolean {
  const prefix = segmentsOf(text);
  return prefix !== undefined && prefix.segments.every((segment) => PREFIX_SEGMENT.test(segment));
}

/** Whether a path, with everything below it where it is partial, may be read by these prefixes. */
export function mayRead(path: string, prefixes: readonly string[]): boolean {
  // The root takes also what is no path by any rule: devices name parameters as they like.
  if (prefixes.includes("")) return true;
  const asked = segmentsOf(path);
  return asked !== undefined && covering(asked, prefixes).length > 0;
}

/** The same for writing: what lies below a ManagementServer is written by a prefix that names it, and by no wider one. */
export function mayWrite(path: string, prefixes: readonly string[]): boolean {
  const isEverything = ["", ...MANAGEMENT_SERVERS].every((prefix) => prefixes.includes(prefix));
  if (isEverything) return true;
  const asked = segmentsOf(path);
  if (asked === undefined) return false;
  const found = covering(asked, prefixes);
  if (isManagement(asked)) return found.some(isManagement);
  return found.length > 0 && managementBelow(asked).every((server) => prefixes.includes(server));
}

/** Whether a prefix gives nothing that the others do not give; of those for writing where `writes`. */
export function isWithinPrefixes(prefix: string, prefixes: readonly string[], writes: boolean): boolean {
  const inner = segmentsOf(prefix);
  if (inner === undefined) return false;
  const found = covering(inner, prefixes);
  // A wider one never gives a ManagementServer, so that it has none to give away.
  return writes && isManagement(inner) ? found.some(isManagement) : found.length > 0;
}

function segmentsOf(text: string): Segments | undefined {
  if (text === "") return { segments: [], isPartial: true };
  const isPartial = text.endsWith(".");
  const segments = (isPartial ? text.slice(0, -1) : text).split(".");
  return segments.every((segment) => SEGMENT.test(segment)) ? { segments, isPartial } : undefined;
}

function covering(asked: Segments, prefixes: readonly string[]): readonly Segments[] {
  return prefixes.flatMap((text) => {
    const prefix = segmentsOf(text);
    return prefix !== undefined && covers(prefix, asked) ? [prefix] : [];
  });
}

function covers(prefix: Segments, asked: Segments): boolean {
  const [given, wanted] = [prefix.segments.length, asked.segments.length];
  if (given > wanted) return false;
  if (!prefix.isPartial && (given !== wanted || asked.isPartial)) return false;
  // `Device.WiFi` is no object, whatever a device may make of it.
  if (given === wanted && prefix.isPartial && !asked.isPartial) return false;
  return prefix.segments.every((segment, index) => isSame(segment, asked.segments[index] ?? ""));
}

function isSame(given: string, wanted: string): boolean {
  return given === wanted || (given === "*" && INSTANCE.test(wanted));
}

/** In any case: a device that does not look at it must not be led past the rule. */
function isManagement({ segments }: Segments): boolean {
  return segments[1]?.toLowerCase() === MANAGEMENT_SERVER;
}

/** Those that a partial path holds, each of which must be named. */
function managementBelow({ segments }: Segments): readonly string[] {
  const [root] = segments;
  if (root === undefined) return MANAGEMENT_SERVERS;
  return segments.length === 1 ? [`${root}.ManagementServer.`] : [];
}
