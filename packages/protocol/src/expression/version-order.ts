const PARTS = /\d+|\D+/g;
/** CWMP bounds versions to 64 characters; what is longer is compared by its beginning [CWMP 1.4 DeviceInfo]. */
const MAX_CHARS = 256;

/**
 * Negative where `a` is the older version, 0 only where they are the same text. Numbers count as numbers, so 1.10 is newer
 * than 1.9; what goes on where another ends is newer.
 */
export function compareVersions(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = compareParts(part, other);
    if (order !== 0) return order;
  }
  return left.length < right.length ? -1 : compareTexts(a, b);
}

function partsOf(version: string): readonly string[] {
  return version.slice(0, MAX_CHARS).match(PARTS) ?? [];
}

function compareParts(a: string, b: string): number {
  if (!/^\d/.test(a) || !/^\d/.test(b)) return compareTexts(a, b);
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  return left.length - right.length || compareTexts(left, right);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
