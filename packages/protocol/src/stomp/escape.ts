import type { StompVersion } from "./version.ts";

/** What has to be escaped in a version, by what stands for it [STOMP 1.2 Value Encoding]. */
const SPECIALS: Readonly<Record<StompVersion, ReadonlyMap<string, string>>> = {
  "1.0": new Map(),
  "1.1": new Map([
    ["\\", "\\\\"],
    ["\n", "\\n"],
    [":", "\\c"],
  ]),
  "1.2": new Map([
    ["\\", "\\\\"],
    ["\n", "\\n"],
    [":", "\\c"],
    ["\r", "\\r"],
  ]),
};

const MEANINGS: Readonly<Record<StompVersion, ReadonlyMap<string, string>>> = {
  "1.0": inverted(SPECIALS["1.0"]),
  "1.1": inverted(SPECIALS["1.1"]),
  "1.2": inverted(SPECIALS["1.2"]),
};

const SPECIAL = /[\\\n\r:]/;
const EACH_SPECIAL = /[\\\n\r:]/g;
const EACH_ESCAPE = /\\[^]?/g;

/** A header's name or value as it is written; what the version has no escape for stays as it is. */
export function escapeHeader(text: string, version: StompVersion): string {
  if (version === "1.0" || !SPECIAL.test(text)) return text;
  const specials = SPECIALS[version];
  return text.replaceAll(EACH_SPECIAL, (special) => specials.get(special) ?? special);
}

/** What a name or value of the wire means; undefined where it has an escape that the version does not define. */
export function unescapeHeader(text: string, version: StompVersion): string | undefined {
  if (version === "1.0" || !text.includes("\\")) return text;
  const meanings = MEANINGS[version];
  const escapes = text.match(EACH_ESCAPE) ?? [];
  if (!escapes.every((escape) => meanings.has(escape))) return undefined;
  return text.replaceAll(EACH_ESCAPE, (escape) => meanings.get(escape) ?? escape);
}

function inverted(map: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...map].map(([special, escape]) => [escape, special]));
}
