import { parseDeviceKey } from "@heliograph/protocol";

const DEVICE = /\/devices\/([^/?#]+)/;
/** What no encoder makes of a key: a key has no characters but letters, digits, `_`, `-` and `%`. */
const KEYS_OWN_ESCAPE = /%(?!25)/;

/**
 * The device's key in a URL, whether its percent signs were escaped once more, as a client library does, or the key was
 * put there as it is, as a person does. Decoding the second would turn `%2D` into `-` and so name another device.
 */
export function pathKey(url: string): string {
  const [, segment = ""] = DEVICE.exec(url) ?? [];
  if (KEYS_OWN_ESCAPE.test(segment)) return segment;
  const unescaped = segment.replaceAll("%25", "%");
  return parseDeviceKey(unescaped) === undefined ? segment : unescaped;
}
